/**
 * A kernel that takes its time, which loopback never is: what is sent stays with dgram until it is released.
 */
import { Socket } from 'node:dgram';
import sinon from 'sinon';

/** Sends that are held; disposing it restores dgram. */
export interface HeldSends extends Disposable {
  /** How many are held. */
  readonly held: number;
  /** Lets all of them go, in order. */
  release(): void;
}

export function holdSends(): HeldSends {
  const waiting: (() => void)[] = [];
  const stub = sinon.stub(Socket.prototype, 'send').callsFake(function (this: Socket, ...args: unknown[]) {
    waiting.push(() => (stub.wrappedMethod as (...args: unknown[]) => void).apply(this, args));
  });
  const count = sinon.stub(Socket.prototype, 'getSendQueueCount').callsFake(() => waiting.length);
  return {
    get held() {
      return waiting.length;
    },
    release() {
      for (const each of waiting.splice(0)) each();
    },
    [Symbol.dispose]() {
      stub.restore();
      count.restore();
    },
  };
}
