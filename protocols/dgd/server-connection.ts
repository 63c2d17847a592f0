/// <reference types="node" preserve="true" />
/**
 * One client of a server: the TCP connection, the datagram channel, and the application's object, tied together. The
 * channel lives as long as the connection does, and no longer: its end, also half of it, ends the channel at once.
 */
import type { Address, InternetAddress } from '../../lib/address.js';
import { MessageLengthError, NotConnectedError } from '../../lib/errors.js';
import type { DatagramTransport, HookResult } from '../../lib/interfaces.js';
import { Protocol } from '../../lib/stream-protocol.js';
import { DatagramChannel } from './datagram-channel.js';
import { ChallengeError } from './errors.js';
import { type ConnectionLink, type DgdConnection, LINK } from './dgd-connection.js';

/** What the connections of a server share. */
export interface ServerContext {
  readonly challengeTimeout: number | undefined;
  readonly queueLimit: number;
  build(peer: InternetAddress): DgdConnection;
  portOf(host: string): DatagramTransport | undefined;
  localHost(host: string): string;
  claim(challenge: Buffer, connection: ServerConnection): void;
  release(challenge: Buffer): void;
  bound(connection: ServerConnection, to: Address, before: Address | undefined): void;
  unbound(from: Address): void;
  round<T>(f: () => T): T;
  queued(connection: ServerConnection): void;
  opened(object: DgdConnection, connection: ServerConnection): void;
  closed(object: DgdConnection): void;
  dropped(): void;
}

/** Bytes of a random challenge, before they are written as hex. */
const CHALLENGE_BYTES = 16;

export class ServerConnection extends Protocol implements ConnectionLink {
  readonly #context: ServerContext;
  #object: DgdConnection | undefined;
  #channel: DatagramChannel | undefined;
  #peer: InternetAddress | undefined;
  #port: DatagramTransport | undefined;
  #over = false;

  constructor(context: ServerContext) {
    super();
    this.#context = context;
  }

  get channel(): DatagramChannel {
    return this.#channel!;
  }

  get peer(): InternetAddress {
    return this.#peer!;
  }

  override connectionMade(): HookResult {
    const { host, port, family } = this.transport.getPeer() as InternetAddress;
    const peerHost = this.#context.localHost(host);
    this.#peer = { type: 'TCP', family: peerHost === host ? family : 'IPv4', host: peerHost, port };
    this.#port = this.#context.portOf(this.#context.localHost((this.transport.getHost() as InternetAddress).host));
    this.#channel = this.#makeChannel(peerHost);
    return this.#context.round(() => {
      const object = this.#context.build(this.peer);
      this.#object = object;
      object[LINK] = this;
      this.#context.opened(object, this);
      return object.open();
    });
  }

  override dataReceived(data: Buffer): HookResult {
    return this.#context.round(() => this.#object?.receiveMessage(data));
  }

  /** The client has finished sending: that is the end, as it is for DGD. */
  readConnectionLost(): void {
    this.disconnect();
  }

  override connectionLost(reason: Error): HookResult {
    this.#end();
    const object = this.#object;
    this.#object = undefined;
    if (object === undefined) return;
    this.#context.closed(object);
    return this.#context.round(() => object.close(reason));
  }

  sendMessage(data: Uint8Array | string): void {
    this.transport.write(data);
  }

  pause(): void {
    this.transport.pauseProducing();
    this.channel.pause();
  }

  resume(): void {
    this.transport.resumeProducing();
    this.channel.resume();
  }

  challenge(given: Uint8Array | string | undefined): Buffer {
    if (this.#port === undefined) throw new ChallengeError('The UDP port of this address is not to be had');
    const challenge =
      given === undefined
        ? Buffer.from(this.transport.reactor.randomBytes(CHALLENGE_BYTES).toString('hex'))
        : Buffer.from(given as string);
    this.channel.challenge(challenge);
    return Buffer.from(challenge);
  }

  sendDatagram(data: Uint8Array | string): number {
    const bytes = Buffer.from(data as string);
    const longest = this.peer.family === 'IPv4' ? 65507 : 65527;
    if (bytes.length > longest) throw new MessageLengthError(bytes.length, longest);
    return this.channel.send(bytes);
  }

  disconnect(): void {
    this.#end();
    this.transport.loseConnection();
  }

  /** The round is over: the bytes for TCP leave, and then the datagram. */
  flush(): void {
    if (this.#over) return;
    this.transport.flush();
    this.channel.flush();
  }

  #write(data: Buffer, to: Address): void {
    try {
      this.#port!.write(data, to);
    } catch (error) {
      // The port is being closed with the whole server: a lost datagram.
      if (!(error instanceof NotConnectedError)) throw error;
    }
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#channel?.close();
  }

  #makeChannel(peerHost: string): DatagramChannel {
    const context = this.#context;
    return new DatagramChannel({
      peerHost,
      queueLimit: context.queueLimit,
      challengeTimeout: context.challengeTimeout,
      claim: (challenge) => context.claim(challenge, this),
      release: (challenge) => context.release(challenge),
      bound: (to, before) => context.bound(this, to, before),
      unbound: (from) => context.unbound(from),
      callLater: (delay, f) => this.transport.reactor.callLater(delay, f),
      queued: () => context.queued(this),
      write: (data, to) => this.#write(data, to),
      opened: () => this.#hook((object) => object.openDatagram()),
      received: (data) => this.#hook((object) => object.receiveDatagram(data)),
      expired: () => this.#hook((object) => object.challengeExpired()),
      dropped: () => context.dropped(),
    });
  }

  /**
   * A hook of the application that the datagram side calls. What it throws, or fails with, goes to whoever has called:
   * the port or the timer, which report it.
   */
  #hook(f: (object: DgdConnection) => HookResult): HookResult {
    const object = this.#object;
    return object === undefined ? undefined : this.#context.round(() => f(object));
  }
}
