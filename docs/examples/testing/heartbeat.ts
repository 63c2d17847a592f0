import { DatagramProtocol, Deferred, type HookResult, LoopingCall } from 'plait';

/** Asks a peer every five seconds whether it is alive. After three questions without an answer, `lost` fires. */
export class Heartbeat extends DatagramProtocol {
  readonly lost: Deferred<void> = new Deferred();
  readonly #host: string;
  readonly #port: number;
  #beats: LoopingCall | undefined;
  #question = '';
  #unanswered = 0;

  constructor(host: string, port: number) {
    super();
    this.#host = host;
    this.#port = port;
  }

  override startProtocol(): HookResult {
    this.transport.connect(this.#host, this.#port);
    this.#beats = new LoopingCall(this.transport.reactor, () => this.#beat());
    return this.#beats.start(5);
  }

  override stopProtocol(): void {
    if (this.#beats?.running) this.#beats.stop();
  }

  override datagramReceived(data: Buffer): void {
    if (data.toString() === `yes ${this.#question}`) this.#unanswered = 0;
  }

  #beat(): void {
    if (this.#unanswered === 3) {
      this.#beats?.stop();
      this.lost.callback();
      return;
    }
    this.#unanswered++;
    this.#question = this.transport.reactor.randomBytes(4).toString('hex');
    this.transport.write(`alive? ${this.#question}`);
  }
}
