/**
 * The middle between the addon and the sockets, one for each thread: it takes what a batch has brought to the sinks, and
 * gathers what sockets write until the batch or the turn ends, when the addon sends it.
 *
 * A short datagram is a piece of a block that datagrams share, as Node's pool of buffers is shared: each has its own
 * part, no part is used again, and the block goes with the last of them. (So a kept datagram keeps its block: whoever
 * keeps many small ones for long copies them.) A long one has memory of its own.
 */
import { Buffer } from 'node:buffer';
import { markAsUntransferable } from 'node:worker_threads';
import type { Address } from '../../lib/address.js';
import {
  type Addon,
  INPUT,
  INPUT_FLAGS,
  OUTPUT,
  OUTPUT_FLAGS,
  RECORD,
  SHARED,
  type SharedMemory,
  TROUBLE,
  TROUBLE_KINDS,
} from './addon.js';
import { AddressWords, type HostWords } from './address-words.js';
import { errorName } from './system-error.js';

/** What the engine tells a socket. Nothing is told to one that was removed. */
export interface EngineSocket {
  readonly family: 4 | 6;
  readonly packetInfo: boolean;
  /** The sender of the last datagram. */
  lastPeer: Address | undefined;
  datagram(data: Buffer, peer: Address): void;
  lost(count: number, reason: string): void;
  /** The network's word that a datagram to `peer` did not get through. */
  undelivered(code: string, peer: Address | undefined, count: number): void;
  broken(code: string): void;
}

/** Bytes of a block. */
const BLOCK = 65536;
/** A block with less room than this is replaced. */
const LEAST_ROOM = 8192;

export class UDPEngine {
  readonly addon: Addon;
  readonly words: AddressWords;
  readonly #sockets = new Map<number, EngineSocket>();
  readonly #closing = new Map<number, () => void>();
  readonly #shared: Uint32Array;
  readonly #input: Uint32Array;
  readonly #output: Uint32Array;
  readonly #trouble: Uint32Array;
  readonly #inputBytes: Buffer;
  readonly #outputBytes: Uint8Array;
  readonly #mostOut: number;
  #block: Buffer = Buffer.alloc(0);
  /** The process is ending: there may be no later. */
  #exiting = false;
  /** The host of the last write, and its words. */
  #lastHost = '';
  #lastWords: HostWords = { words: [0, 0, 0, 0], scope: 0 };

  constructor(addon: Addon) {
    this.addon = addon;
    this.words = new AddressWords(addon);
    const memory: SharedMemory = addon.start(this.#onBatch, this.#onTrouble, this.#onClosed);
    this.#shared = new Uint32Array(memory.shared);
    this.#input = new Uint32Array(memory.input);
    this.#output = new Uint32Array(memory.output);
    this.#trouble = new Uint32Array(memory.trouble);
    this.#inputBytes = Buffer.from(memory.inputBytes);
    this.#outputBytes = new Uint8Array(memory.outputBytes);
    this.#mostOut = this.#output.length / RECORD;
    this.#newBlock();
  }

  /** Sockets that are not closed. */
  get open(): number {
    return this.#sockets.size + this.#closing.size;
  }

  add(id: number, socket: EngineSocket): void {
    if (this.open === 0) process.on('exit', this.#onExit);
    this.#sockets.set(id, socket);
  }

  /** Lets what the socket has written leave, closes it, and then calls `done`, later. */
  close(id: number, done: () => void): void {
    this.#sockets.delete(id);
    this.#closing.set(id, done);
    if (this.addon.close(id) === 1) process.nextTick(this.#onClosed, id);
  }

  /** Gathers a datagram. What goes wrong with it is told later. */
  send(id: number, data: Uint8Array, to: Address | undefined): void {
    const shared = this.#shared;
    const { length } = data;
    if (shared[SHARED.outCount]! >= this.#mostOut || shared[SHARED.outEnd]! + length > this.#outputBytes.length) {
      this.addon.flush();
    }
    const offset = shared[SHARED.outEnd]!;
    this.#outputBytes.set(data, offset);
    const output = this.#output;
    const at = shared[SHARED.outCount]! * RECORD;
    output[at + OUTPUT.socket] = id;
    output[at + OUTPUT.offset] = offset;
    output[at + OUTPUT.length] = length;
    if (to === undefined) {
      output[at + OUTPUT.flags] = 0;
      output.fill(0, at + OUTPUT.port, at + OUTPUT.sourceScope);
    } else {
      if (to.host !== this.#lastHost) this.#translate(to.host);
      const { words, scope } = this.#lastWords;
      output[at + OUTPUT.flags] = OUTPUT_FLAGS.named;
      output[at + OUTPUT.port] = to.port;
      output[at + OUTPUT.scope] = scope;
      output[at + OUTPUT.host] = words[0];
      output[at + OUTPUT.host + 1] = words[1];
      output[at + OUTPUT.host + 2] = words[2];
      output[at + OUTPUT.host + 3] = words[3];
    }
    const source =
      to?.destination === undefined || !this.#sockets.get(id)!.packetInfo ? undefined : this.words.sourceFor(to);
    if (source !== undefined) {
      output[at + OUTPUT.flags]! |= OUTPUT_FLAGS.source;
      output[at + OUTPUT.sourceScope] = source.scope;
      output.set(source.words, at + OUTPUT.source);
    }
    shared[SHARED.outEnd] = offset + length;
    shared[SHARED.outCount]!++;
    if (this.#exiting) this.addon.flush();
  }

  /** Puts an address where the calls of the addon look for it. */
  putAddress(family: 4 | 6, host: string, port: number): void {
    const { words, scope } = this.words.of(host);
    this.#shared[SHARED.family] = family;
    this.#shared[SHARED.port] = port;
    this.#shared[SHARED.scope] = scope;
    this.#shared.set(words, SHARED.host);
  }

  /** Puts the source of a group there. */
  putSource(host: string): void {
    this.#shared.set(this.words.of(host).words, SHARED.source);
  }

  /** The family of the socket that was just opened. */
  takeFamily(): 4 | 6 {
    return this.#shared[SHARED.family] === 4 ? 4 : 6;
  }

  /** The address that a call of the addon has put there. */
  takeAddress(family: 4 | 6): Address {
    const host = this.words.host(this.#shared, SHARED.scope, family);
    return Object.freeze({ host, port: this.#shared[SHARED.port]! });
  }

  #translate(host: string): void {
    this.#lastWords = this.words.of(host);
    this.#lastHost = this.#lastWords.scope === 0 ? host : '';
  }

  readonly #onBatch = (id: number, count: number): void => {
    const socket = this.#sockets.get(id);
    if (socket === undefined) return;
    const input = this.#input;
    const { family } = socket;
    const block = this.#block;
    // What was the peer of the record before is the peer of this one as long as these words are the same.
    let peer: Address | undefined;
    let port = 0;
    let host = 0;
    for (let i = 0, at = 0; i < count; i++, at += RECORD) {
      const flags = input[at + INPUT.flags]!;
      const simple = family === 4 && (flags & INPUT_FLAGS.destination) === 0;
      if (!simple || peer === undefined || input[at + INPUT.port] !== port || input[at + INPUT.host] !== host) {
        peer = this.#peerOf(socket, at, flags);
        port = input[at + INPUT.port]!;
        host = input[at + INPUT.host]!;
      }
      if ((flags & INPUT_FLAGS.truncated) !== 0) socket.lost(1, 'maxPacketSize');
      else {
        const offset = input[at + INPUT.offset]!;
        const end = offset + input[at + INPUT.length]!;
        if ((flags & INPUT_FLAGS.inSlab) !== 0) socket.datagram(this.#copy(offset, end), peer);
        else if (block.length > 0) socket.datagram(block.subarray(offset, end), peer);
        // Who got one before this has taken the block away, by ArrayBuffer.prototype.transfer.
        else socket.lost(1, 'transferred');
      }
      if (this.#sockets.get(id) !== socket) break;
    }
    if (this.#block.length - this.#shared[SHARED.blockUsed]! < LEAST_ROOM) this.#newBlock();
  };

  /** The sender of a datagram: the same object as the last time, where it is the same. */
  #peerOf(socket: EngineSocket, at: number, flags: number): Address {
    const { family, lastPeer: last } = socket;
    const input = this.#input;
    const peer =
      (flags & INPUT_FLAGS.destination) === 0
        ? this.words.peer(input, at + INPUT.port, family)
        : this.words.peerWithDestination(
            input,
            at + INPUT.port,
            at + INPUT.destinationScope,
            (flags & INPUT_FLAGS.ownAddress) !== 0,
            family,
          );
    if (
      last !== undefined &&
      last.port === peer.port &&
      last.host === peer.host &&
      last.destination === peer.destination
    ) {
      return last;
    }
    socket.lastPeer = peer;
    return peer;
  }

  readonly #onTrouble = (first: number, count: number): void => {
    const trouble = this.#trouble.slice(first * RECORD, (first + count) * RECORD);
    for (let at = 0; at < trouble.length; at += RECORD) {
      const socket = this.#sockets.get(trouble[at + TROUBLE.socket]!);
      if (socket === undefined) continue;
      const code = errorName(trouble[at + TROUBLE.error]!);
      const times = trouble[at + TROUBLE.count]!;
      switch (trouble[at + TROUBLE.kind]) {
        case TROUBLE_KINDS.lost:
          socket.lost(times, code);
          break;
        case TROUBLE_KINDS.icmp: {
          const named = trouble[at + TROUBLE.port] !== 0;
          const peer = named ? this.words.peer(trouble, at + TROUBLE.port, socket.family) : undefined;
          socket.undelivered(code, peer, times);
          break;
        }
        default:
          socket.broken(code);
      }
    }
  };

  readonly #onClosed = (id: number): void => {
    const done = this.#closing.get(id);
    this.#closing.delete(id);
    if (this.open === 0) process.off('exit', this.#onExit);
    done?.();
  };

  /** Otherwise what was written right before `process.exit` would stay here, or by another who hears of the end. */
  readonly #onExit = (): void => {
    this.#exiting = true;
    this.addon.flush();
  };

  #copy(start: number, end: number): Buffer {
    const copy = Buffer.allocUnsafeSlow(end - start);
    this.#inputBytes.copy(copy, 0, start, end);
    return copy;
  }

  #newBlock(): void {
    const block = Buffer.allocUnsafeSlow(BLOCK);
    // Somebody who transfers a datagram to another thread would take the others with it.
    markAsUntransferable(block.buffer);
    this.#block = block;
    this.addon.setBlock(block.buffer as ArrayBuffer);
  }
}
