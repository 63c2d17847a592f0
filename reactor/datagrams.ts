/**
 * What a reactor has of UDP: its ports. It opens them and, when the reactor shuts down, closes them.
 */
import { CannotListenError, NotSupportedError, PlaitError } from '../lib/errors.js';
import type { AdoptDatagramPortOptions, DatagramHandler, ListenUDPOptions } from '../lib/interfaces.js';
import { checkInteger, checkLiteral, checkPort } from './checks.js';
import type { BindSpec, DatagramSink, DatagramSocket, Driver } from './network.js';
import type { PortOwner } from './port-owner.js';
import { DatagramPort } from './udp-port.js';

/** What is asked of the reactor. */
export interface DatagramsOwner extends Omit<PortOwner, 'closed'> {
  listening(port: DatagramPort): void;
  closed(port: DatagramPort): void;
}

/** A kind of port. */
export type PortClass<P extends DatagramPort> = new (...args: ConstructorParameters<typeof DatagramPort>) => P;

export class Datagrams {
  readonly ports: Set<DatagramPort> = new Set();
  readonly #reactor: DatagramsOwner;
  readonly #owner: PortOwner;
  readonly #driver: Pick<Driver, 'bindUDP' | 'adoptUDP'>;

  constructor(reactor: DatagramsOwner, driver: Pick<Driver, 'bindUDP' | 'adoptUDP'>) {
    this.#reactor = reactor;
    this.#driver = driver;
    this.#owner = { ...reactor, closed: (port) => this.#closed(port as DatagramPort) };
  }

  listen<P extends DatagramPort>(
    Port: PortClass<P>,
    port: number,
    protocol: DatagramHandler<never>,
    options: ListenUDPOptions,
    reuseAddress: boolean,
  ): P {
    checkPort(port, 0);
    const host = options.interface === undefined || options.interface === '' ? '0.0.0.0' : options.interface;
    const family = checkLiteral(host, 'interface');
    checkInteger('maxPacketSize', options.maxPacketSize, 1, 65535);
    checkInteger('recvBufferSize', options.recvBufferSize, 1, 0x7fffffff);
    checkInteger('sendBufferSize', options.sendBufferSize, 1, 0x7fffffff);
    checkHandler(protocol);
    const spec: BindSpec = {
      host,
      port,
      family,
      reuseAddress,
      reusePort: options.reusePort ?? false,
      recvBufferSize: options.recvBufferSize,
      sendBufferSize: options.sendBufferSize,
      maxPacketSize: options.maxPacketSize,
      reportErrors: options.reportErrors,
      packetInfo: options.packetInfo,
    };
    return this.#start(new Port(this.#owner, (sink) => this.#bind(spec, sink), options.maxPacketSize), protocol);
  }

  adopt(fileDescriptor: number, protocol: DatagramHandler<never>, options: AdoptDatagramPortOptions): DatagramPort {
    checkInteger('A file descriptor', fileDescriptor ?? NaN, 0, 0x7fffffff);
    checkInteger('maxPacketSize', options.maxPacketSize, 1, 65535);
    checkHandler(protocol);
    if (this.#driver.adoptUDP === undefined) {
      throw new NotSupportedError('adoptDatagramPort', 'only the native network takes over sockets');
    }
    const open = (sink: DatagramSink): DatagramSocket => {
      try {
        return this.#driver.adoptUDP!(fileDescriptor, options, sink);
      } catch (error) {
        throw error instanceof PlaitError ? error : new CannotListenError(`descriptor ${fileDescriptor}`, 0, error);
      }
    };
    return this.#start(new DatagramPort(this.#owner, open, options.maxPacketSize), protocol);
  }

  /** Stops every port; resolves when they are closed. */
  async shutDown(): Promise<void> {
    await Promise.all([...this.ports].map((port) => port.stopListening()));
  }

  /** The machine is gone. */
  vanish(): void {
    for (const port of this.ports) port.vanish();
    this.ports.clear();
  }

  #start<P extends DatagramPort>(opened: P, protocol: DatagramHandler<never>): P {
    this.ports.add(opened);
    opened.start(protocol);
    this.#reactor.listening(opened);
    return opened;
  }

  #bind(spec: BindSpec, sink: DatagramSink): DatagramSocket {
    try {
      return this.#driver.bindUDP(spec, sink);
    } catch (error) {
      throw error instanceof PlaitError ? error : new CannotListenError(spec.host, spec.port, error);
    }
  }

  #closed(port: DatagramPort): void {
    this.ports.delete(port);
    if (port.started) this.#reactor.closed(port);
  }
}

function checkHandler(protocol: unknown): void {
  if ((typeof protocol === 'object' && protocol !== null) || typeof protocol === 'function') return;
  throw new TypeError('A datagram protocol must be an object with hooks');
}
