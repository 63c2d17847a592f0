/**
 * Sockets of the node driver for tests: opened on loopback, with a sink that keeps what it is told, and closed after
 * each test.
 */
import { networkInterfaces } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach } from 'mocha';
import type { Address } from '../../../lib/address.js';
import type { BindSpec, DatagramSink, DatagramSocket } from '../../../reactor/network.js';
import { openUDPSocket } from '../../../reactor/node/udp-socket.js';

/** What a socket told: all of it, in order. */
export class RecordingSink implements DatagramSink {
  readonly datagrams: { data: Buffer; peer: Address }[] = [];
  readonly losses: string[] = [];
  readonly failures: Error[] = [];
  refusals = 0;
  undeliveredTo: Address[] = [];

  get texts(): string[] {
    return this.datagrams.map(({ data }) => data.toString());
  }

  datagram(data: Buffer, peer: Address): void {
    this.datagrams.push({ data, peer });
  }

  refused(): void {
    this.refusals++;
  }

  undelivered(_reason: string, peer: Address): void {
    this.undeliveredTo.push(peer);
  }

  lost(count: number, reason: string): void {
    for (let i = 0; i < count; i++) this.losses.push(reason);
  }

  failed(error: Error): void {
    this.failures.push(error);
  }
}

/** An open socket. */
export interface Opened {
  readonly socket: DatagramSocket;
  readonly told: RecordingSink;
  readonly address: Address;
  /** Closes it; resolves when it is closed. */
  close(): Promise<void>;
}

/** For the body of a `describe`: what opens sockets that are closed after each test of it. */
export function sockets(): (spec?: Partial<BindSpec>) => Opened {
  const opened = new Set<Opened>();
  afterEach(async () => {
    await Promise.all([...opened].map((each) => each.close()));
  });
  return (spec = {}) => {
    const told = new RecordingSink();
    const socket = openUDPSocket(specOf(spec), told);
    const { address } = socket;
    const close = (): Promise<void> => {
      if (!opened.delete(each)) return Promise.resolve();
      return new Promise((resolve) => socket.close(resolve));
    };
    const each: Opened = { socket, told, address, close };
    opened.add(each);
    return each;
  };
}

/** A free port of 127.0.0.1, exclusively. */
export function specOf(spec: Partial<BindSpec> = {}): BindSpec {
  return {
    host: '127.0.0.1',
    port: 0,
    family: 4,
    reuseAddress: false,
    reusePort: false,
    recvBufferSize: undefined,
    sendBufferSize: undefined,
    ...spec,
  };
}

/** Resolves in the turn in which `condition` has become true; fails when that takes seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > 4000) throw new Error(`Not within 4 s: ${String(condition)}`);
    await nextTurn();
  }
}

/** What `f` throws. */
export function thrownBy(f: () => unknown): Error & { code?: string } {
  try {
    f();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown');
}

/** What this machine calls its loopback interface. */
export function loopbackName(): string {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    if (addresses.some(({ address }) => address === '127.0.0.1')) return name;
  }
  throw new Error('This machine has no loopback interface');
}
