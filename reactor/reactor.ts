/// <reference types="node" preserve="true" />
/**
 * The reactor: the loop, the timers, the system events and the life of everything that is opened through it, on
 * whichever network it was given.
 *
 *     idle --run--> starting --startup fired--> running --stop--> stopping --shutdown fired--> stopped --run--> …
 *
 * `crash` leads back to idle. Ports and timed calls are live in every state but one: the calls of a stopped reactor
 * wait until it runs again, and keep no process alive.
 */
import { EventEmitter } from 'eventemitter3';
import { Deferred } from '../lib/deferred/deferred.js';
import { ReactorAlreadyRunning, ReactorNotRunning, toError } from '../lib/errors.js';
import type {
  AdoptDatagramPortOptions,
  DatagramHandler,
  ListenMulticastOptions,
  ListenUDPOptions,
  MulticastPort,
  MulticastTransport,
  Origin,
  ReactorCore,
  ReactorMulticast,
  ReactorRandom,
  ReactorSocket,
  ReactorTime,
  ReactorUDP,
  ResolveOptions,
  SystemEventTrigger,
  TriggerPhase,
  UDPPort,
} from '../lib/interfaces.js';
import type {
  ClientFactoryLike,
  Connector,
  ConnectTCPOptions,
  ConnectUNIXOptions,
  FactoryLike,
  ListenTCPOptions,
  ListenUNIXOptions,
  ReactorTCP,
  StreamHandler,
  StreamTransport,
  TCPPort,
  TLSOptions,
} from '../lib/stream.js';
import type { Protocol } from '../lib/stream-protocol.js';
import type { DelayedCall } from '../lib/time/delayed-call.js';
import { TimerQueue } from '../lib/time/timer-queue.js';
import { checkSize } from './checks.js';
import { Datagrams } from './datagrams.js';
import { MulticastDatagramPort } from './multicast-port.js';
import { defaultNetwork } from './native/default-network.js';
import type { Channel, Driver, Network } from './network.js';
import { udpChannels } from './port-owner.js';
import { Resolver } from './resolver.js';
import { Streams } from './streams.js';
import { SystemEvents } from './system-events.js';
import { DatagramPort } from './udp-port.js';
import { whenDone } from './when-done.js';

/** Options of `new Reactor`. */
export interface ReactorOptions {
  /**
   * The network to be on. When left out: the native network where its binary is there, else Node's sockets; the
   * environment's `PLAIT_NETWORK`, `node` or `native`, decides otherwise.
   */
  network?: Network;
}

/** The events of a reactor, by name, with what their listeners are given. */
export interface ReactorEvents {
  /** An exception in user code, or trouble that belongs to no caller. Goes to stderr when nobody listens. */
  error: [error: Error, origin: Origin];
  /** The reactor runs. */
  startup: [];
  /** The reactor is shutting down: the `before` triggers are done, the ports are being closed. */
  shutdown: [];
  /** A port was opened. */
  listening: [port: UDPPort | MulticastPort | TCPPort];
  /** A port is closed. */
  close: [port: UDPPort | MulticastPort | TCPPort];
}

/** What may be open in a reactor. */
export type OpenHandle = UDPPort | MulticastPort | TCPPort | StreamTransport | Connector | DelayedCall;

export class Reactor
  extends EventEmitter<ReactorEvents>
  implements
    ReactorTime,
    ReactorRandom,
    ReactorCore,
    ReactorUDP,
    ReactorSocket,
    ReactorMulticast,
    ReactorTCP,
    AsyncDisposable
{
  /** The network this reactor is on; `network.name` tells which. */
  readonly network: Network;
  readonly #driver: Driver;
  readonly #callChannel: Channel;
  readonly #calls: TimerQueue;
  readonly #events: SystemEvents;
  readonly #resolver: Resolver;
  readonly #datagrams: Datagrams;
  readonly #streams: Streams;
  #state: 'idle' | 'starting' | 'running' | 'stopping' | 'stopped' = 'idle';
  #running = false;
  /** Set while timed calls are being run: the alarm is armed once, afterwards. */
  #inCalls = false;
  #stopRequested = false;
  #exitSignal: string | undefined;
  /** What `run` and `close` wait for. */
  #over: (() => void)[] = [];
  #letGo: (() => void) | undefined;
  #ignoreSignals: (() => void) | undefined;

  constructor(options: ReactorOptions = {}) {
    super();
    this.network = options.network ?? defaultNetwork();
    const driver = this.network.attach({
      wake: (most) => this.#runCalls(most),
      failed: (error, origin) => this.#report(error, origin),
      died: () => this.#died(),
    });
    this.#driver = driver;
    this.#callChannel = driver.channel('time:call');
    this.#calls = new TimerQueue(
      () => driver.now(),
      () => this.#arm(),
    );
    this.#events = new SystemEvents((error, origin) => this.#report(error, origin));
    const owner = {
      reactor: this,
      soon: (f: () => void) => driver.soon(f),
      report: (error: unknown, origin: Origin) => this.#report(error, origin),
      deferred: <T>(canceller?: (deferred: Deferred<T>) => void) => this.#deferred(canceller),
      resolve: (name: string, resolveOptions: ResolveOptions) => this.resolve(name, resolveOptions),
      listening: (port: ReactorEvents['listening'][0]) => this.#announce('listening', port),
      closed: (port: ReactorEvents['close'][0]) => this.#announce('close', port),
    };
    this.#datagrams = new Datagrams({ ...owner, channels: udpChannels(driver) }, driver);
    this.#streams = new Streams(owner, driver);
    this.#resolver = new Resolver(this, driver, (canceller) => this.#deferred(canceller));
  }

  /** Whether this reactor runs: from the `during` phase of startup until that of shutdown. */
  get running(): boolean {
    return this.#running;
  }

  /** The signal that stopped the last run, if one did. */
  get exitSignal(): string | undefined {
    return this.#exitSignal;
  }

  /**
   * Fires `startup` and resolves when `stop` (or SIGINT or SIGTERM) has fired `shutdown`. The first signal stops the reactor, a second one
   * has its usual effect: so a shutdown that hangs can be interrupted.
   * @throws ReactorAlreadyRunning
   */
  run(options: { installSignalHandlers?: boolean } = {}): Promise<void> {
    if (this.#state !== 'idle' && this.#state !== 'stopped') throw new ReactorAlreadyRunning();
    this.#state = 'starting';
    this.#stopRequested = false;
    this.#exitSignal = undefined;
    this.#letGo = this.#driver.hold();
    this.#arm();
    const over = this.#whenOver();
    this.#events.fire(
      'startup',
      () => {
        this.#state = 'running';
        this.#running = true;
        if (options.installSignalHandlers !== false) {
          this.#ignoreSignals = this.#driver.onSignals((signal) => {
            this.#exitSignal = signal;
            this.#removeSignalHandlers();
            if (this.#state === 'running') this.stop();
          });
        }
        this.#announce('startup');
      },
      () => {
        if (this.#stopRequested) this.stop();
      },
    );
    return over;
  }

  /**
   * Asks a running reactor to stop: in a later turn `shutdown` is fired. Harmless while it is stopping already.
   * @throws ReactorNotRunning
   */
  stop(): void {
    switch (this.#state) {
      case 'starting':
        this.#stopRequested = true;
        break;
      case 'running':
        this.#shutDownSoon();
        break;
      case 'stopping':
        break;
      case 'idle':
      case 'stopped':
        throw new ReactorNotRunning();
    }
  }

  /**
   * Ends `run` at once: no `shutdown`, nothing is closed; ports and calls stay as they are.
   * @throws ReactorNotRunning
   */
  crash(): void {
    if (this.#state === 'idle' || this.#state === 'stopped') throw new ReactorNotRunning();
    this.#events.abandon('startup');
    this.#events.abandon('shutdown');
    this.#state = 'idle';
    this.#finish();
  }

  /** Shuts the reactor as `stop` does, whether it runs or not, and resolves when that is done. Harmless twice. */
  close(): Promise<void> {
    if (this.#state === 'stopped' && !this.#isOpen) return Promise.resolve();
    const over = this.#whenOver();
    if (this.#state === 'idle' || this.#state === 'stopped') this.#shutDownSoon();
    else this.stop();
    return over;
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Calls `f(...args)` now if the reactor runs, otherwise once, after the next startup. */
  callWhenRunning<A extends unknown[]>(f: (...args: A) => unknown, ...args: A): void {
    if (!this.#running) {
      this.addSystemEventTrigger('after', 'startup', f, ...args);
      return;
    }
    const failed = (error: unknown): void => this.#report(error, { hook: 'trigger', source: f });
    try {
      whenDone(f(...args), undefined, failed);
    } catch (error) {
      failed(error);
    }
  }

  /**
   * Calls `f(...args)`, once, in that phase of the next such event. The reactor fires `startup` and `shutdown`; other
   * names are yours to fire. What a `before` trigger returns is awaited.
   * @throws RangeError for a phase other than before, during, after.
   */
  addSystemEventTrigger<A extends unknown[]>(
    phase: TriggerPhase,
    event: string,
    f: (...args: A) => unknown,
    ...args: A
  ): SystemEventTrigger {
    return this.#events.add(phase, event, f, args);
  }

  /** @throws UnknownTriggerError when it was never added, was removed, or has run. */
  removeSystemEventTrigger(trigger: SystemEventTrigger): void {
    this.#events.remove(trigger);
  }

  /** Runs the triggers of an event, phase by phase. No effect while the event is being fired already. */
  fireSystemEvent(event: string): void {
    this.#events.fire(event);
  }

  /** Seconds on a monotonic clock. */
  seconds(): number {
    return this.#driver.now();
  }

  /** Calls `f(...args)` in a later turn, `delay` seconds from now. @throws RangeError when negative or NaN. */
  callLater<A extends unknown[]>(delay: number, f: (...args: A) => unknown, ...args: A): DelayedCall {
    return this.#calls.schedule(delay, f, args);
  }

  /** The active calls, by due time: a copy. */
  getDelayedCalls(): DelayedCall[] {
    return this.#calls.active();
  }

  /** @throws RangeError unless `size` is an integer of 0 or more. */
  randomBytes(size: number): Buffer {
    checkSize(size);
    return this.#driver.randomBytes(size);
  }

  /** A random number, 0 or more and less than 1. */
  random(): number {
    const bytes = this.#driver.randomBytes(7);
    return ((bytes[0]! & 0x1f) * 0x1000000000000 + bytes.readUIntBE(1, 6)) / 0x20000000000000;
  }

  /**
   * An address of a host. '' is `0.0.0.0`, an IP literal is its own address. IPv4 is preferred.
   * Fails with a DNSLookupError, a CancelledError, or the reason of the signal.
   */
  resolve(name: string, options: ResolveOptions = {}): Deferred<string> {
    return this.#resolver.resolve(name, options);
  }

  /** All addresses of a host, in the resolver's order. Fails as `resolve` does. */
  resolveAll(name: string, options: ResolveOptions = {}): Deferred<string[]> {
    return this.#resolver.resolveAll(name, options);
  }

  /**
   * Opens a UDP port and puts the protocol on it. Port 0: one that is free. The port is bound when this returns.
   * @throws CannotListenError when the port can't be had.
   * @throws InvalidAddressError when `interface` is not an IP literal.
   * @throws RangeError for a port outside 0…65535, or an option outside its range.
   * @throws NotSupportedError for an option this platform does not have.
   */
  listenUDP(port: number, protocol: DatagramHandler, options: ListenUDPOptions = {}): UDPPort {
    return this.#datagrams.listen(DatagramPort, port, protocol, options, false);
  }

  /**
   * A port on a bound UDP socket that this process was given, by its file descriptor: on a copy of it, so that the
   * descriptor stays the caller's to close.
   * @throws CannotListenError when it is no UDP socket.
   * @throws RangeError when it is no integer of 0 or more.
   * @throws NotSupportedError on every network but the native one.
   */
  adoptDatagramPort(
    fileDescriptor: number,
    protocol: DatagramHandler,
    options: AdoptDatagramPortOptions = {},
  ): UDPPort {
    return this.#datagrams.adopt(fileDescriptor, protocol, options);
  }

  /** Opens a UDP port that can join multicast groups. @throws as listenUDP */
  listenMulticast(
    port: number,
    protocol: DatagramHandler<MulticastTransport>,
    options: ListenMulticastOptions = {},
  ): MulticastPort {
    return this.#datagrams.listen(MulticastDatagramPort, port, protocol, options, options.listenMultiple ?? false);
  }

  /**
   * Opens a port for TCP connections, each of which gets a protocol from the factory. Whether it listens is told by its
   * `listening`; port 0: one that is free.
   * @throws InvalidAddressError when `interface` is not an IP literal.
   * @throws RangeError for a port outside 0…65535, or an option outside its range.
   * @throws what the factory's `startFactory` throws.
   */
  listenTCP(port: number, factory: FactoryLike, options: ListenTCPOptions = {}): TCPPort {
    return this.#streams.listenTCP(port, factory, options);
  }

  /**
   * Connects to a host, by name or address (of a name, the first address, IPv4 preferred). How it ends is told to the
   * factory; a function, which has no hook for it, leaves a failure to this reactor's `error`.
   * @throws RangeError for a port outside 1…65535, or an option outside its range.
   */
  connectTCP(host: string, port: number, factory: ClientFactoryLike, options: ConnectTCPOptions = {}): Connector {
    return this.#streams.connectTCP(host, port, factory, options);
  }

  /** As `listenTCP`, with TLS from the first byte. `tls` needs key and certificate. @throws NotSupportedError on a network without TLS. */
  listenSSL(port: number, factory: FactoryLike, tls: TLSOptions, options: ListenTCPOptions = {}): TCPPort {
    return this.#streams.listenTCP(port, factory, options, tls);
  }

  /** As `connectTCP`, with TLS from the first byte. @throws NotSupportedError on a network without TLS. */
  connectSSL(
    host: string,
    port: number,
    factory: ClientFactoryLike,
    tls: TLSOptions = {},
    options: ConnectTCPOptions = {},
  ): Connector {
    return this.#streams.connectTCP(host, port, factory, options, tls);
  }

  /** As `listenTCP`, on a UNIX socket: a file, which is removed when the port closes. */
  listenUNIX(path: string, factory: FactoryLike, options: ListenUNIXOptions = {}): TCPPort {
    return this.#streams.listenUNIX(path, factory, options);
  }

  /** As `connectTCP`, to a UNIX socket. */
  connectUNIX(path: string, factory: ClientFactoryLike, options: ConnectUNIXOptions = {}): Connector {
    return this.#streams.connectUNIX(path, factory, options);
  }

  /**
   * Puts a protocol on the standard streams of the process: it is given what comes on standard input, and what it writes
   * goes to standard output. The streams can't be closed; the connection ends with the input, or by `loseConnection`, and
   * gives them back.
   * @throws AlreadyConnectedError while there is such a connection.
   * @throws NotSupportedError on a simulated network.
   */
  standardIO(protocol: Protocol | StreamHandler): StreamTransport {
    return this.#streams.standardIO(protocol);
  }

  /** What is open: ports, connections, attempts to connect, and active calls by due time. Empty when nothing is left. */
  openHandles(): OpenHandle[] {
    const { ports, connections, connectors } = this.#streams;
    const connecting = [...connectors].filter(({ state }) => state === 'connecting');
    return [...this.#datagrams.ports, ...ports, ...connections, ...connecting, ...this.#calls.active()];
  }

  get #isOpen(): boolean {
    const { ports, connections, connectors } = this.#streams;
    return this.#datagrams.ports.size + ports.size + connections.size + connectors.size > 0;
  }

  #runCalls(most?: number): boolean {
    if (this.#state === 'stopped') return false;
    this.#inCalls = true;
    try {
      return this.#calls.runDue(this.#driver.now(), this.#call, most);
    } finally {
      this.#inCalls = false;
      this.#arm();
    }
  }

  readonly #call = (call: DelayedCall): void => {
    if (this.#callChannel.hasSubscribers) this.#callChannel.publish({ call, name: call.name });
    try {
      const result = call.run();
      if (result !== undefined) whenDone(result, undefined, (error) => this.#report(error, originOf(call)));
    } catch (error) {
      this.#report(error, originOf(call));
    }
  };

  #arm(): void {
    if (!this.#inCalls) this.#driver.wakeAt(this.#state === 'stopped' ? Infinity : this.#calls.dueTime);
  }

  #shutDownSoon(): void {
    this.#state = 'stopping';
    const letGo = this.#letGo ?? this.#driver.hold();
    this.#letGo = letGo;
    this.#arm();
    this.#driver.soon(() => {
      if (this.#state !== 'stopping' || this.#letGo !== letGo) return;
      this.#events.fire(
        'shutdown',
        () => {
          this.#running = false;
          this.#announce('shutdown');
          return this.#closeAll();
        },
        () => {
          this.#state = 'stopped';
          this.#arm();
          this.#finish();
        },
      );
    });
  }

  /** Closes what is open, also what is opened meanwhile by a trigger, or by a hook that runs for it. */
  async #closeAll(): Promise<void> {
    for (let pass = 0; pass < CLOSING_PASSES; pass++) {
      await Promise.all([this.#datagrams.shutDown(), this.#streams.shutDown()]);
      // An attempt to connect is over in a later turn. Promise jobs alone would never let that come.
      await new Promise<void>((resolve) => this.#driver.soon(resolve));
      if (!this.#isOpen) return;
    }
  }

  #died(): void {
    this.#events.abandon('startup');
    this.#events.abandon('shutdown');
    this.#state = 'stopped';
    this.#datagrams.vanish();
    this.#streams.vanish();
    this.#finish();
  }

  /** Ends what `run` and `close` wait for, and lets the process go. */
  #finish(): void {
    this.#running = false;
    this.#removeSignalHandlers();
    this.#letGo?.();
    this.#letGo = undefined;
    for (const over of this.#over.splice(0)) over();
  }

  #whenOver(): Promise<void> {
    return new Promise((resolve) => this.#over.push(resolve));
  }

  #removeSignalHandlers(): void {
    this.#ignoreSignals?.();
    this.#ignoreSignals = undefined;
  }

  #deferred<T>(canceller?: (deferred: Deferred<T>) => void): Deferred<T> {
    return new Deferred<T>(canceller, this.#sink);
  }

  /** Where the failures of this reactor's own Deferreds go that nobody handles. */
  readonly #sink = {
    afterJobs: (check: () => void): void => this.#driver.afterJobs(check),
    unhandled: (error: Error, deferred: object): void => this.#report(error, { hook: 'deferred', source: deferred }),
  };

  #report(thrown: unknown, origin: Origin): void {
    const error = toError(thrown);
    if (this.listenerCount('error') === 0) {
      this.#driver.unheard(error, origin);
      return;
    }
    try {
      this.emit('error', error, origin);
    } catch (fromListener) {
      this.#driver.unheard(error, origin);
      this.#driver.unheard(toError(fromListener), { hook: 'listener', source: this });
    }
  }

  #announce<E extends Exclude<keyof ReactorEvents, 'error'>>(event: E, ...args: ReactorEvents[E]): void {
    try {
      this.emit(event, ...(args as never));
    } catch (error) {
      this.#report(error, { hook: 'listener', source: this });
    }
  }
}

/** How often a reactor closes what is open. Who opens again whatever is closed is left with it then. */
const CLOSING_PASSES = 100;

function originOf(call: DelayedCall): Origin {
  return { hook: 'timer', source: call };
}
