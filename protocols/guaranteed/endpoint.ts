/// <reference types="node" preserve="true" />
/**
 * What guaranteed delivery is on one port: it takes each datagram for what it is, and knows every exchange.
 *
 *     open ── drain ──▶ draining ── nothing pending, or time over ──▶ stopped
 *       └────────────────── the port was stopped ─────────────────────▲
 *
 * While it drains, nothing new begins in either direction, and what has begun goes on.
 */
import type { Address, InternetAddress } from '../../lib/address.js';
import { Deferred } from '../../lib/deferred/deferred.js';
import { fail, succeed } from '../../lib/deferred/wrap.js';
import { MessageLengthError, NotConnectedError } from '../../lib/errors.js';
import type { DatagramTransport, HookResult, ReactorTime } from '../../lib/interfaces.js';
import type { DelayedCall } from '../../lib/time/delayed-call.js';
import { checkDestination, longestDatagram } from './destination.js';
import { checksumOf, DuplicateMemory } from './duplicate-memory.js';
import { DeliveryFailedError, SendQueueFullError } from './errors.js';
import { type Identities, SequentialIdentities, UnguessableIdentities } from './identities.js';
import { type DeliveryReceipt, Outgoing } from './outgoing.js';
import type { Carrier, Peer } from './peer.js';
import { keyOf, Peers } from './peers.js';
import type { Profile } from './profile.js';
import { RecentSends } from './recent-sends.js';
import type { QueueLimits } from './send-queue.js';
import { decode, encode, type Packet, type WireFormat } from './wire.js';

/** What an endpoint is made with, checked. */
export interface EndpointSettings {
  readonly format: WireFormat;
  readonly profile: Profile;
  readonly identities: 'unguessable' | 'sequential';
  readonly maxPayload: number;
  readonly anyAddress: boolean;
  readonly queueLimits: QueueLimits;
  readonly maxPeers: number;
  readonly maxRemembered: number;
}

/** Whom it hands what has come to. */
export interface Receiver {
  messageReceived(data: Buffer, address: Address): HookResult;
  foreignDatagramReceived(data: Buffer, address: Address): HookResult;
}

/** What never goes back, over all ports of a protocol. */
export interface Totals {
  duplicates: number;
  overflowed: number;
}

export class Endpoint implements Carrier {
  readonly time: ReactorTime;
  readonly profile: Profile;
  readonly format: WireFormat;
  readonly queueLimits: QueueLimits;
  readonly #transport: DatagramTransport;
  readonly #settings: EndpointSettings;
  readonly #receiver: Receiver;
  readonly #totals: Totals;
  readonly #identities: Identities;
  readonly #peers: Peers;
  readonly #memory: DuplicateMemory;
  readonly #recent: RecentSends;
  /** What is queued or on its way, by identity. */
  readonly #outgoing = new Map<number, Outgoing>();
  /** How many messages that have come wait for their ACK. */
  #unacknowledged = 0;
  /** A destination that was found to be one. */
  #checked: Address | undefined;
  #state: 'open' | 'draining' | 'stopped' = 'open';
  #drained: Deferred<void>[] = [];
  #timeout: DelayedCall | undefined;

  constructor(transport: DatagramTransport, settings: EndpointSettings, receiver: Receiver, totals: Totals) {
    const { reactor } = transport;
    const now = reactor.seconds();
    this.time = reactor;
    this.profile = settings.profile;
    this.format = settings.format;
    this.queueLimits = settings.queueLimits;
    this.#transport = transport;
    this.#settings = settings;
    this.#receiver = receiver;
    this.#totals = totals;
    this.#peers = new Peers(this, settings.maxPeers);
    this.#memory = new DuplicateMemory(settings.maxRemembered, settings.profile.remember, now);
    this.#recent = new RecentSends(now);
    this.#identities =
      settings.identities === 'unguessable'
        ? new UnguessableIdentities(reactor)
        : new SequentialIdentities(reactor, (identity) => this.#isKnown(identity));
  }

  get live(): boolean {
    return this.#state !== 'stopped';
  }

  get pending(): number {
    return this.#outgoing.size;
  }

  get unacknowledged(): number {
    return this.#unacknowledged;
  }

  get peers(): number {
    this.#forget();
    return this.#peers.size;
  }

  get remembered(): number {
    this.#forget();
    return this.#memory.size;
  }

  get held(): number {
    let held = 0;
    for (const peer of this.#peers) held += peer.held;
    return held;
  }

  send(data: Uint8Array, address: Address, deadline: number): Deferred<DeliveryReceipt> {
    if (!this.live) throw new NotConnectedError('The port was stopped');
    const own = this.#checkDestination(address);
    const limit = Math.min(longestDatagram(address, own) - this.format.headerLength, this.#settings.maxPayload);
    if (data.length > limit) throw new MessageLengthError(data.length, limit);
    if (this.#state === 'draining') return fail(new DeliveryFailedError('stopped', 0, address));
    const peer = this.#peers.chosen(address);
    const { messages, bytes } = peer.queue;
    const length = this.format.headerLength + data.length;
    if (!peer.queue.hasRoom(length)) throw new SendQueueFullError(messages, bytes, peer.address);
    const identity = this.#identities.next(data);
    const datagram = encode(this.format, 'data', identity, data);
    const exchange = new Outgoing(peer, identity, datagram, this.time.seconds() + deadline);
    this.#outgoing.set(identity, exchange);
    peer.enqueue(exchange);
    if (exchange.state === 'failed') throw errorOf(exchange.result);
    return exchange.result;
  }

  whenWritable(address: Address): Deferred<void> {
    if (!this.live) throw new NotConnectedError('The port was stopped');
    this.#checkDestination(address);
    if (this.#state === 'draining') return fail(new DeliveryFailedError('stopped', 0, address));
    return this.#peers.find(address)?.whenWritable() ?? succeed(undefined);
  }

  datagramReceived(datagram: Buffer, address: Address): HookResult {
    if (!this.live) return undefined;
    const packet = decode(this.format, datagram);
    // Port 0 is nobody's (RFC 768: no reply is wanted): what cannot be confirmed is not taken.
    if (packet !== undefined && address.port === 0) return undefined;
    const peer = this.#peers.find(address);
    peer?.heard(datagram.length);
    switch (packet?.type) {
      case 'data':
        return this.#dataReceived(packet, peer, address, datagram.length);
      case 'recv':
        this.#recvReceived(packet.identity, peer, address);
        return undefined;
      case 'ack':
        peer?.acknowledged(packet.identity);
        return undefined;
      case undefined:
        peer?.pump();
        return this.#receiver.foreignDatagramReceived(datagram, address);
    }
  }

  /** The network says that nobody listens there: at that address, or at the peer of a connected port. */
  refused(address?: Address): void {
    const peer = address === undefined ? undefined : this.#peers.find(address);
    if (address !== undefined && peer === undefined) return;
    // Those of now: what leaves instead of them may well be heard.
    const sent = [...this.#outgoing.values()].filter(
      (exchange) => exchange.state === 'sent' && (peer === undefined || exchange.peer === peer),
    );
    for (const exchange of sent) exchange.fail('refused');
  }

  /** Ends what has begun, or gives it up after `timeout` seconds; then stops the port. */
  drain(timeout: number): Deferred<void> {
    const drained = new Deferred<void>();
    this.#drained.push(drained);
    if (this.#state === 'open') {
      this.#timeout = this.time.callLater(timeout, stopDraining, this);
      this.#state = 'draining';
      for (const peer of this.#peers) peer.failWriters();
      this.settled();
    } else if (this.#state === 'stopped') {
      this.#stopPort();
    }
    return drained;
  }

  /** The port was stopped: nothing is sent any more, and nothing heard. */
  freeze(): void {
    this.#state = 'stopped';
    if (this.#timeout?.active() === true) this.#timeout.cancel();
  }

  /** The port is gone: everything ends. */
  close(): void {
    this.freeze();
    for (const peer of this.#peers) peer.stop();
    this.#unacknowledged = 0;
    for (const exchange of [...this.#outgoing.values()]) exchange.fail('stopped');
    if (this.#drained.length > 0) this.#stopPort();
  }

  write(datagram: Uint8Array, address: Address): void {
    this.#transport.write(datagram, address);
  }

  /** @internal */
  ended(exchange: Outgoing): void {
    this.#outgoing.delete(exchange.identity);
    if (exchange.attempts > 0) this.#recent.note(exchange.identity, exchange.peer.key, this.time.seconds());
  }

  /** @internal */
  finished(): void {
    this.#unacknowledged--;
    this.settled();
  }

  /** @internal */
  settled(): void {
    if (this.#state === 'draining' && this.#outgoing.size === 0 && this.#unacknowledged === 0) this.#stopPort();
  }

  /** Gives the own address. Messages go to the same place again and again: only the first is looked at. */
  #checkDestination(address: Address): InternetAddress {
    const own = this.#transport.getHost();
    const { host, port } = address;
    if (this.#checked === undefined || host !== this.#checked.host || port !== this.#checked.port) {
      checkDestination(address, own);
      this.#checked = { host, port };
    }
    return own;
  }

  #dataReceived({ identity, data }: Packet, known: Peer | undefined, address: Address, length: number): HookResult {
    const checksum = checksumOf(data);
    if (known !== undefined && this.#memory.has(known.memory, identity, checksum)) {
      this.#totals.duplicates++;
      known.confirmAgain(identity);
      known.pump();
      return undefined;
    }
    const peer = this.#state === 'draining' ? undefined : this.#accept(known, address, length);
    if (peer === undefined) {
      if (this.#state !== 'draining') this.#totals.overflowed++;
      known?.pump();
      return undefined;
    }
    this.#memory.add(peer.memory, identity, checksum, peer.trust.standing === 'stranger');
    if (peer.confirm(identity)) this.#unacknowledged++;
    peer.pump();
    return this.#receiver.messageReceived(data, address);
  }

  /** Whom a new message is from, if there is room for it. */
  #accept(known: Peer | undefined, address: Address, length: number): Peer | undefined {
    const now = this.time.seconds();
    this.#forget();
    if (!this.#memory.hasRoom(now, known === undefined || known.trust.standing === 'stranger')) return undefined;
    if (known !== undefined) return known;
    const stranger = this.#peers.stranger(address);
    stranger?.heard(length);
    return stranger;
  }

  #recvReceived(identity: number, peer: Peer | undefined, address: Address): void {
    const { anyAddress } = this.#settings;
    const exchange = this.#outgoing.get(identity);
    if (exchange?.state === 'sent' && (anyAddress || exchange.peer === peer)) {
      exchange.peer.trust.prove();
      this.#acknowledge(identity, peer, address);
      exchange.confirm();
    } else {
      const recent = this.#recent.peerOf(identity);
      const isItsOwn = recent !== undefined && recent === keyOf(address);
      // Too late for the message, and a proof of the address all the same.
      if (isItsOwn) peer?.trust.prove();
      if (isItsOwn || (recent !== undefined && anyAddress)) this.#acknowledge(identity, peer, address);
      peer?.pump();
    }
  }

  #acknowledge(identity: number, peer: Peer | undefined, address: Address): void {
    if (peer !== undefined) peer.answer('ack', identity);
    else this.write(encode(this.format, 'ack', identity), address);
  }

  #isKnown(identity: number): boolean {
    return this.#outgoing.has(identity) || this.#recent.peerOf(identity) !== undefined;
  }

  /** Forgets what is old: there is no timer for it. */
  #forget(): void {
    if (this.#memory.turn(this.time.seconds())) this.#peers.tidy((peer) => this.#memory.isEmpty(peer.memory));
  }

  #stopPort(): void {
    this.freeze();
    const drained = this.#drained;
    this.#drained = [];
    this.#transport.stopListening().addCallback(() => {
      for (const each of drained) if (!each.called) each.callback();
    });
  }

  /** The time to drain is over. @internal */
  giveUp(): void {
    this.close();
  }
}

/** What the port has refused to write. */
function errorOf(failed: Deferred<unknown>): unknown {
  let thrown: unknown;
  failed.addErrback((error) => {
    thrown = error;
  });
  return thrown;
}

/** A name that shows in traces. */
function stopDraining(endpoint: Endpoint): void {
  endpoint.giveUp();
}
