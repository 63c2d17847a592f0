/// <reference types="node" preserve="true" />
/**
 * A client of a DGD server: a TCP connection, and datagrams once it has answered a challenge. How it learns the challenge
 * is between the application and the server; there is nothing of it on the wire but the datagram itself.
 *
 *     idle --connect--> connecting --> open --answerChallenge--> answering --confirmed--> confirmed
 *        (each) --TCP closes--> closed
 *
 * A challenge may be lost, and nobody says so: it is sent again until the first datagram comes from the server, or the
 * application says `confirm()`. A driver of DGD takes copies that come late for data; so there are few of them.
 */
import type { InternetAddress } from '../../lib/address.js';
import { Deferred } from '../../lib/deferred/deferred.js';
import { AlreadyConnectedError, NotConnectedError } from '../../lib/errors.js';
import type { DatagramTransport, HookResult } from '../../lib/interfaces.js';
import { DatagramProtocol } from '../../lib/protocol.js';
import type { Connector } from '../../lib/stream.js';
import { ClientFactory, Protocol } from '../../lib/stream-protocol.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { LONGEST_CHALLENGE } from './challenge-table.js';
import type { DgdReactor } from './dgd-server.js';
import { ChallengeError, DatagramChannelNotOpenError } from './errors.js';

/** Options of `connect`. */
export interface DgdClientOptions {
  /** Whether an unconfirmed challenge is sent again; true when left out. */
  repeat?: boolean;
  /** Seconds until the attempt to connect is given up; 30 when left out. */
  timeout?: number;
}

/** Seconds between the sends of a challenge, before chance changes each by up to a fifth. */
const WAITS: readonly number[] = [0.25, 0.5, 1, 2, 4, 4];
const JITTER = 0.2;

/** One connection to a DGD server. Subclass it; every hook does nothing until it is overridden. */
export class DgdClient {
  #reactor: DgdReactor | undefined;
  #repeat = true;
  #connection: ClientConnection | undefined;
  #udp: DatagramTransport | undefined;
  #state: 'idle' | 'connecting' | 'open' | 'answering' | 'confirmed' | 'closed' = 'idle';
  #challenge: Buffer | undefined;
  #again: DelayedCall | undefined;

  /** Connected. */
  open(): HookResult {}

  /** Bytes came by TCP, in any pieces. */
  receiveMessage(_data: Buffer): HookResult {}

  /** The challenge has been met, as far as can be told: the server has sent a datagram, or `confirm` was called. */
  openDatagram(): HookResult {}

  /** A datagram from the server: as it was sent, in whatever order, perhaps twice. */
  receiveDatagram(_data: Buffer): HookResult {}

  /** The connection is over, and with it the datagram channel. */
  close(_reason: Error): HookResult {}

  /**
   * Connects. A name is resolved once: datagrams go to the address that TCP has reached, and are taken from there only.
   * The Deferred fires after `open`, or fails as connecting does.
   * @throws AlreadyConnectedError the second time. @throws RangeError for a port outside 1…65535.
   */
  connect(reactor: DgdReactor, host: string, port: number, options: DgdClientOptions = {}): Deferred<this> {
    if (this.#state !== 'idle') throw new AlreadyConnectedError('A DgdClient connects once');
    this.#reactor = reactor;
    this.#repeat = options.repeat ?? true;
    let connector: Connector | undefined;
    const connected = new Deferred<this>(() => connector?.disconnect());
    const factory = new ClientConnections(
      () => new ClientConnection(this.#events(connected)),
      (reason) => {
        this.#state = 'closed';
        if (!connected.called) connected.errback(reason);
      },
    );
    this.#state = 'connecting';
    try {
      connector = reactor.connectTCP(
        host,
        port,
        factory,
        options.timeout === undefined ? {} : { timeout: options.timeout },
      );
    } catch (error) {
      this.#state = 'idle';
      throw error;
    }
    return connected;
  }

  /** Sends bytes by TCP. Without effect after `close`. @throws NotConnectedError before `open`. */
  sendMessage(data: Uint8Array | string): void {
    if (this.#connection === undefined) throw new NotConnectedError('Not connected');
    this.#connection.transport.write(data);
  }

  /**
   * Answers a challenge: sends it as a datagram, and again after 0.25, 0.5, 1, 2, 4 and 4 seconds, more or less, until it
   * is confirmed. `sendDatagram` is possible from now on. A further call answers a further challenge.
   * @throws ChallengeError for a length outside 1…8192.
   * @throws NotConnectedError while not connected.
   */
  answerChallenge(challenge: Uint8Array | string): void {
    const bytes = Buffer.from(challenge as string);
    if (bytes.length < 1 || bytes.length > LONGEST_CHALLENGE) {
      throw new ChallengeError(`A challenge has 1 to ${LONGEST_CHALLENGE} bytes, not ${bytes.length}`);
    }
    if (this.#connection === undefined || this.#state === 'closed') throw new NotConnectedError('Not connected');
    this.#udp ??= this.#openUDP(this.#connection);
    this.#stopRepeating();
    this.#state = 'answering';
    this.#challenge = bytes;
    this.#answer(0);
  }

  /** The server has said by TCP that the challenge was met. Without effect when that is known, or nothing was answered. */
  confirm(): HookResult {
    if (this.#state !== 'answering') return;
    this.#stopRepeating();
    this.#state = 'confirmed';
    return this.openDatagram();
  }

  /**
   * Sends a datagram.
   * @returns its length; 0 for empty data, which is not sent.
   * @throws DatagramChannelNotOpenError before `answerChallenge`, and after `close`.
   * @throws MessageLengthError for more than a datagram carries.
   */
  sendDatagram(data: Uint8Array | string): number {
    if (this.#udp === undefined || (this.#state !== 'answering' && this.#state !== 'confirmed')) {
      throw new DatagramChannelNotOpenError();
    }
    const bytes = Buffer.from(data as string);
    if (bytes.length > 0) this.#udp.write(bytes);
    return bytes.length;
  }

  /** Closes the connection when what was sent by TCP has left; the datagram channel closes at once. */
  disconnect(): void {
    this.#closeUDP();
    this.#connection?.transport.loseConnection();
  }

  #events(connected: Deferred<this>): ClientEvents {
    return {
      made: (connection) => {
        this.#connection = connection;
        this.#state = 'open';
        const result = this.open();
        if (!connected.called) connected.callback(this);
        return result;
      },
      received: (data) => this.receiveMessage(data),
      lost: (reason) => {
        this.#closeUDP();
        this.#state = 'closed';
        return this.close(reason);
      },
    };
  }

  #openUDP({ transport }: ClientConnection): DatagramTransport {
    const local = transport.getHost() as InternetAddress;
    const peer = transport.getPeer() as InternetAddress;
    const port = this.#reactor!.listenUDP(0, new ClientDatagrams((data) => this.#received(data)), {
      interface: local.host,
    });
    port.connect(peer.host, peer.port);
    return port;
  }

  #answer(sends: number): void {
    this.#udp!.write(this.#challenge!);
    const wait = WAITS[sends];
    if (wait === undefined || !this.#repeat) return;
    const changed = wait * (1 - JITTER + 2 * JITTER * this.#reactor!.random());
    this.#again = this.#reactor!.callLater(changed, () => this.#answer(sends + 1));
  }

  #received(data: Buffer): HookResult {
    if (this.#state !== 'answering' && this.#state !== 'confirmed') return undefined;
    let opened: HookResult;
    let received: HookResult;
    try {
      opened = this.confirm();
    } finally {
      received = this.receiveDatagram(data);
    }
    if (opened === undefined || received === undefined) return opened ?? received;
    return Promise.all([opened, received]);
  }

  #stopRepeating(): void {
    if (this.#again?.active()) this.#again.cancel();
    this.#again = undefined;
  }

  #closeUDP(): void {
    this.#stopRepeating();
    void this.#udp?.stopListening();
    this.#udp = undefined;
  }
}

interface ClientEvents {
  made(connection: ClientConnection): HookResult;
  received(data: Buffer): HookResult;
  lost(reason: Error): HookResult;
}

class ClientConnection extends Protocol {
  readonly #events: ClientEvents;

  constructor(events: ClientEvents) {
    super();
    this.#events = events;
  }

  override connectionMade(): HookResult {
    return this.#events.made(this);
  }

  override dataReceived(data: Buffer): HookResult {
    return this.#events.received(data);
  }

  override connectionLost(reason: Error): HookResult {
    return this.#events.lost(reason);
  }
}

class ClientConnections extends ClientFactory<ClientConnection> {
  readonly #make: () => ClientConnection;
  readonly #failed: (reason: Error) => void;

  constructor(make: () => ClientConnection, failed: (reason: Error) => void) {
    super();
    this.#make = make;
    this.#failed = failed;
  }

  override buildProtocol(): ClientConnection {
    return this.#make();
  }

  override clientConnectionFailed(_connector: Connector, reason: Error): void {
    this.#failed(reason);
  }
}

class ClientDatagrams extends DatagramProtocol {
  readonly #received: (data: Buffer) => HookResult;

  constructor(received: (data: Buffer) => HookResult) {
    super();
    this.#received = received;
  }

  override datagramReceived(data: Buffer): HookResult {
    return this.#received(data);
  }
}
