/// <reference types="node" preserve="true" />
/**
 * The network of the machine, through Node: node:dgram, node:dns, the process's timers and signals.
 */
import { randomBytes } from 'node:crypto';
import diagnosticsChannel from 'node:diagnostics_channel';
import { lookup } from 'node:dns';
import type { Origin } from '../../lib/interfaces.js';
import type {
  BindSpec,
  Channel,
  ConnectSpec,
  DatagramSink,
  DatagramSocket,
  Driver,
  ListenerSink,
  ListenSpec,
  Network,
  NetworkOwner,
  StreamListener,
  StreamSink,
  StreamSocket,
} from '../network.js';
import { Alarm } from './alarm.js';
import { printChannelsIfDebugging } from './debug-log.js';
import { printError } from './print-error.js';
import { openStandardStreams } from './standard-streams.js';
import { connectStream, listen } from './stream-network.js';
import { openUDPSocket } from './udp-socket.js';

/** Node's sockets: the default network of a reactor. */
export function nodeNetwork(): Network {
  return {
    name: 'node',
    attach: (owner) => new NodeDriver(owner),
  };
}

/** The signals that ask a process to stop: from the keyboard, and from whoever manages it. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** What the node network gives each reactor. Networks that differ from it in part begin here. */
export class NodeDriver implements Driver {
  // Taken when the driver is made, so that fake timers installed before that drive the reactor.
  readonly #performance = globalThis.performance;
  readonly #setImmediate = globalThis.setImmediate;
  readonly #setInterval = globalThis.setInterval;
  readonly #clearInterval = globalThis.clearInterval;
  readonly #alarm: Alarm;

  constructor(owner: NetworkOwner) {
    this.#alarm = new Alarm(
      () => this.now(),
      () => owner.wake(),
    );
    printChannelsIfDebugging();
  }

  now(): number {
    return this.#performance.now() / 1000;
  }

  wakeAt(t: number): void {
    this.#alarm.set(t);
  }

  soon(f: () => void): void {
    this.#setImmediate(f);
  }

  afterJobs(f: () => void): void {
    this.#setImmediate(f);
  }

  hold(): () => void {
    const timer = this.#setInterval(() => {}, 0x7fffffff);
    return () => this.#clearInterval(timer);
  }

  onSignals(f: (signal: string) => void): () => void {
    for (const signal of STOP_SIGNALS) process.on(signal, f);
    return () => {
      for (const signal of STOP_SIGNALS) process.off(signal, f);
    };
  }

  randomBytes(size: number): Buffer {
    return randomBytes(size);
  }

  lookup(name: string, family: 0 | 4 | 6, done: (error: Error | null, addresses: string[]) => void): () => void {
    let wanted = true;
    lookup(name, { family, all: true, verbatim: true }, (error, found) => {
      if (!wanted) return;
      wanted = false;
      // The system may answer in another family than it was asked for.
      done(
        error,
        error ? [] : found.filter((each) => family === 0 || each.family === family).map((each) => each.address),
      );
    });
    return () => {
      wanted = false;
    };
  }

  bindUDP(spec: BindSpec, sink: DatagramSink): DatagramSocket {
    return openUDPSocket(spec, sink);
  }

  listenStream(spec: ListenSpec, sink: ListenerSink): StreamListener {
    return listen(spec, sink);
  }

  connectStream(spec: ConnectSpec, sink: StreamSink): StreamSocket {
    return connectStream(spec, sink);
  }

  standardStreams(accept: (socket: StreamSocket) => StreamSink): void {
    openStandardStreams(accept);
  }

  channel(name: string): Channel {
    return diagnosticsChannel.channel(`plait:${name}`);
  }

  unheard(error: Error, origin: Origin): void {
    printError(error, origin);
  }
}
