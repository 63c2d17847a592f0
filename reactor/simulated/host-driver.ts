/// <reference types="node" preserve="true" />
/**
 * The driver of one reactor on a simulated host. Its time is the network's, seen through the host's own clock; its
 * alarm is a call on the network's Clock.
 */
import { ipFamily } from '../../lib/address.js';
import type { Origin } from '../../lib/interfaces.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import type {
  BindSpec,
  Channel,
  ConnectSpec,
  DatagramSink,
  DatagramSocket,
  Driver,
  ListenerSink,
  ListenSpec,
  NetworkOwner,
  StreamListener,
  StreamSink,
  StreamSocket,
} from '../network.js';
import { HostDownError } from './errors.js';
import type { HostStack } from './host-stack.js';
import type { SeededRandom } from './random.js';
import { NO_TLS } from './stream-socket.js';

/** What a driver has from its host and network. */
export interface DriverContext {
  readonly stack: HostStack;
  readonly random: SeededRandom;
  /** The host's clock: `offset + rate * network's`. */
  readonly clockOffset: number;
  readonly clockRate: number;
  lookup(name: string): { delay: number; addresses: string[] } | undefined;
  afterJobs(f: () => void): void;
  unheard(error: Error, origin: Origin): void;
}

export class SimulatedDriver implements Driver {
  readonly noTLS: string = NO_TLS;
  readonly #owner: NetworkOwner;
  readonly #context: DriverContext;
  readonly #signals = new Set<(signal: string) => void>();
  #alarm: DelayedCall | undefined;
  #dead = false;

  constructor(owner: NetworkOwner, context: DriverContext) {
    this.#owner = owner;
    this.#context = context;
  }

  now(): number {
    const { stack, clockOffset, clockRate } = this.#context;
    return clockOffset + clockRate * stack.fabric.clock.seconds();
  }

  wakeAt(t: number): void {
    if (this.#dead) return;
    const { stack, clockOffset, clockRate } = this.#context;
    if (t === Infinity) {
      // The alarm is taken away, so that a network with nothing to do is idle.
      if (this.#alarm?.active()) this.#alarm.cancel();
      this.#alarm = undefined;
      return;
    }
    const { clock } = stack.fabric;
    const at = Math.max((t - clockOffset) / clockRate, clock.seconds());
    if (this.#alarm?.active()) {
      if (this.#alarm.getTime() === at) return;
      this.#alarm.cancel();
    }
    this.#alarm = clock.callLater(at - clock.seconds(), this.#rang);
  }

  soon(f: () => void): void {
    if (this.#dead) return;
    this.#context.stack.fabric.clock.callLater(0, () => {
      if (!this.#dead) f();
    });
  }

  afterJobs(f: () => void): void {
    this.#context.afterJobs(() => {
      if (!this.#dead) f();
    });
  }

  /** No process to keep alive. */
  hold(): () => void {
    return () => {};
  }

  onSignals(f: (signal: string) => void): () => void {
    this.#signals.add(f);
    return () => this.#signals.delete(f);
  }

  /** Sends a signal to the program that runs here. */
  signal(name: string): void {
    for (const f of [...this.#signals]) f(name);
  }

  randomBytes(size: number): Buffer {
    return this.#context.random.bytes(size);
  }

  lookup(name: string, family: 0 | 4 | 6, done: (error: Error | null, addresses: string[]) => void): () => void {
    const answer = this.#context.lookup(name);
    const { clock } = this.#context.stack.fabric;
    if (answer === undefined) return () => {};
    const call = clock.callLater(answer.delay, () => {
      if (this.#dead) return;
      const found = answer.addresses.filter((address) => family === 0 || ipFamily(address) === family);
      if (found.length > 0) done(null, found);
      else done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', hostname: name }), []);
    });
    return () => {
      if (call.active()) call.cancel();
    };
  }

  bindUDP(spec: BindSpec, sink: DatagramSink): DatagramSocket {
    if (this.#dead) throw new HostDownError(this.#context.stack.name);
    return this.#context.stack.bind(spec, sink, (f) => this.soon(f));
  }

  listenStream(spec: ListenSpec, sink: ListenerSink): StreamListener {
    if (this.#dead) throw new HostDownError(this.#context.stack.name);
    return this.#context.stack.tcp.listen(spec, sink, (f) => this.soon(f));
  }

  connectStream(spec: ConnectSpec, sink: StreamSink): StreamSocket {
    if (this.#dead) throw new HostDownError(this.#context.stack.name);
    return this.#context.stack.tcp.connect(spec, sink, (f) => this.soon(f));
  }

  channel(name: string): Channel {
    return name === 'time:call' ? timerChannel(this.#context.stack) : SILENT;
  }

  unheard(error: Error, origin: Origin): void {
    this.#context.unheard(error, origin);
  }

  /** The host has crashed: nothing that was here happens any more. */
  die(): void {
    this.wakeAt(Infinity);
    this.#dead = true;
    this.#signals.clear();
    this.#owner.died();
  }

  readonly #rang = (): void => {
    const generation = this.#alarm?.generation ?? 0;
    this.#alarm = undefined;
    // One call an event, so that promise jobs can run between any two.
    const left = this.#owner.wake(1);
    // Going on with calls that were due already is no step of a chain within this instant.
    if (left && this.#alarm !== undefined) (this.#alarm as DelayedCall).generation = generation;
  };
}

/** The timed calls of a reactor go to the trace. */
function timerChannel({ fabric, name: host }: HostStack): Channel {
  return {
    get hasSubscribers(): boolean {
      return fabric.trace.on;
    },
    publish(facts: unknown): void {
      fabric.trace.add({ type: 'timer', time: fabric.time(), host, name: (facts as { name: string }).name });
    },
  };
}

const SILENT: Channel = { hasSubscribers: false, publish: () => {} };
