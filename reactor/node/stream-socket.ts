/**
 * Connections on node:net: TCP and UNIX sockets.
 *
 * - What is written in one turn leaves together when the turn ends: corked, where it is more than one piece. What the sink
 *   writes when data comes leaves when it has returned: after that the turn has nothing more for this connection.
 * - Node may keep a reference to what is written, so it is given a copy.
 * - Both ends may close by themselves (allowHalfOpen); what follows from it is the connection's business.
 * - Node is told of the end of writing when nothing is queued any more: while it waits to end, it can't send a RST.
 * - TLS is closed when the peer has closed, too, or has had time to: a server sends tickets after the handshake (TLS 1.3),
 *   and to close before they were read would be a reset, which may destroy what is still on its way to the peer.
 */
import type { Socket } from 'node:net';
import type { StreamAddress, TLSOptions } from '../../lib/stream.js';
import type { StreamSink, StreamSocket, TLSSession } from '../network.js';
import { copyPooled, giveBack, isPooled } from './copy-pool.js';
import { addressOf, hasNoPeer, NOWHERE, systemError } from './socket-facts.js';
import { secure } from './tls.js';

export class NodeStreamSocket implements StreamSocket {
  /** What is spoken through: the raw socket, or TLS on it. */
  #socket: Socket;
  readonly #raw: Socket;
  #sink: StreamSink | undefined;
  #local: StreamAddress | undefined;
  #peer: StreamAddress | undefined;
  /** What this turn has written: mostly one piece. */
  #first: Piece | undefined;
  #others: Piece[] | undefined;
  #turnBytes = 0;
  /** The sink is being given data: it is flushed afterwards. */
  #inData = false;
  #paused = false;
  /** The peer has ended, and was not told of, because nothing is read now. */
  #endDue = false;
  #watching = false;
  /** Whether TLS was begun. */
  #tls = false;
  /** Whether it was found that all is sent, since the last write: of what leaves together, each piece tells it. */
  #sent = true;
  /** What this end has asked for. */
  #asked: 'nothing' | 'finish' | 'close' | 'abort' = 'nothing';
  /** What was written during a handshake, and waits for its end; undefined when there is none. */
  #early: Buffer[] | undefined;
  #earlyBytes = 0;
  #error: Error | null = null;
  /** While the peer's end is waited for. */
  #lingering: NodeJS.Timeout | undefined;
  #over = false;

  /** Without addresses: those that the system tells. */
  constructor(socket: Socket, local?: StreamAddress, peer?: StreamAddress) {
    this.#socket = socket;
    this.#raw = socket;
    this.#local = local;
    this.#peer = peer;
  }

  get local(): StreamAddress {
    return (this.#local ??= addressOf(this.#raw.localAddress, this.#raw.localPort) ?? NOWHERE);
  }

  get peer(): StreamAddress {
    return (this.#peer ??= addressOf(this.#raw.remoteAddress, this.#raw.remotePort) ?? NOWHERE);
  }

  get queued(): number {
    return this.#socket.writableLength + this.#earlyBytes + this.#turnBytes;
  }

  /** It is connected: keeps the addresses, which Node forgets when the socket closes. `peer`: of one that is gone already. */
  meet(peer: StreamAddress = NOWHERE): void {
    this.#peer ??= addressOf(this.#raw.remoteAddress, this.#raw.remotePort) ?? peer;
    void this.local;
  }

  attach(sink: StreamSink): void {
    this.#sink = sink;
    if (!this.#raw.connecting) this.meet();
    // A handshake that was begun listens by itself.
    if (this.#early === undefined) this.#listenTo(this.#raw);
  }

  write(data: Uint8Array | string): void {
    if (this.#asked === 'abort') return;
    if (this.#early === undefined && typeof data !== 'string' && isPooled(data.length)) {
      this.#write(copyPooled(data));
      return;
    }
    const copy = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data);
    if (this.#early === undefined) {
      this.#write({ data: copy, slab: undefined });
      return;
    }
    this.#early.push(copy);
    this.#earlyBytes += copy.length;
  }

  /** Gives Node what this turn has written: together, where it is more than one piece. */
  flush(): void {
    const first = this.#first;
    if (first === undefined) return;
    const others = this.#others;
    this.#first = undefined;
    this.#others = undefined;
    this.#turnBytes = 0;
    if (others === undefined) {
      this.#give(first);
      return;
    }
    this.#socket.cork();
    this.#give(first);
    for (const each of others) this.#give(each);
    this.#socket.uncork();
  }

  watchDrain(on: boolean): void {
    this.#watching = on;
    if (on) this.#hearWhenSent();
  }

  finish(): void {
    if (this.#asked !== 'nothing') return;
    this.#asked = 'finish';
    this.#endWhenSent();
  }

  close(): void {
    if (this.#over || this.#asked === 'close' || this.#asked === 'abort') return;
    this.#asked = 'close';
    // Nothing waits for the handshake, and its outcome does not matter any more.
    if (this.#early?.length === 0) this.#raw.destroy();
    else this.#endWhenSent();
  }

  abort(): void {
    if (this.#over || this.#asked === 'abort') return;
    this.#asked = 'abort';
    this.#forget();
    // This may be called by TLS, and Node crashes where what is below a TLS socket goes while it runs. That goes with it.
    if (this.#tls) globalThis.setImmediate(() => this.#reset());
    else this.#reset();
  }

  pause(): void {
    this.#paused = true;
    if (this.#early === undefined) this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#early === undefined) this.#socket.resume();
    if (!this.#endDue) return;
    globalThis.setImmediate(() => {
      if (this.#endDue) this.#ended();
    });
  }

  setNoDelay(enabled: boolean): void {
    this.#raw.setNoDelay(enabled);
  }

  setKeepAlive(enabled: boolean): void {
    this.#raw.setKeepAlive(enabled);
  }

  startTLS(options: TLSOptions, isServer: boolean, done: (error: Error | null, session?: TLSSession) => void): void {
    this.flush();
    const raw = this.#raw;
    for (const [event, listener] of NodeStreamSocket.#LISTENERS) raw.off(event, listener);
    this.#tls = true;
    this.#early = [];
    secure(raw, options, isServer, {
      failed: (error) => {
        if (this.#over) return;
        // Who has closed with nothing to send does not care.
        if (this.#asked !== 'close' || this.#earlyBytes > 0) this.#error ??= error;
        raw.destroy();
        done(error);
        this.#closed();
      },
      secured: (socket, session) => {
        const early = this.#early ?? [];
        this.#early = undefined;
        this.#earlyBytes = 0;
        this.#socket = socket;
        this.#listenTo(socket);
        if (this.#asked === 'abort') {
          done(systemError('ECONNABORTED', 'handshake'));
          return;
        }
        // Before `done`, which may write, too.
        for (const data of early) this.#write({ data, slab: undefined });
        done(null, session);
        if (this.#asked !== 'nothing') this.#endWhenSent();
      },
    });
  }

  #reset(): void {
    const raw = this.#raw;
    const ending = this.#socket.writableEnded && !this.#socket.writableFinished;
    // A RST is for TCP only, and for a connection that there is.
    if (raw.connecting || raw.destroyed || raw.remotePort === undefined) raw.destroy();
    else if (!ending) raw.resetAndDestroy();
    // TLS may wait to say goodbye, which the peer may never hear.
    else if (this.#tls) raw.destroy();
    else raw.once('finish', () => raw.resetAndDestroy());
  }

  #write(piece: Piece): void {
    this.#turnBytes += piece.data.length;
    this.#sent = false;
    if (this.#first === undefined) {
      this.#first = piece;
      if (!this.#inData) process.nextTick(flush, this);
    } else (this.#others ??= []).push(piece);
  }

  #give({ data, slab }: Piece): void {
    const socket = this.#socket;
    if (slab === undefined) {
      socket.write(data, this.#watching ? (error) => this.#left(error) : undefined);
    } else if (this.#watching || this.#tls || socket.writableLength > 0 || socket.writableCorked > 0) {
      socket.write(data, (error) => {
        giveBack(slab);
        this.#left(error);
      });
    } else {
      // A callback costs more than the rest. Mostly the system takes all inside the call, and Node keeps nothing.
      socket.write(data);
      if (socket.writableLength === 0) giveBack(slab);
      else socket.write(NOTHING, () => giveBack(slab));
    }
  }

  /** Drops what was written and Node does not have. */
  #forget(): void {
    for (const piece of [this.#first, ...(this.#others ?? [])]) if (piece?.slab !== undefined) giveBack(piece.slab);
    this.#first = undefined;
    this.#others = undefined;
    this.#turnBytes = 0;
    if (this.#early !== undefined) this.#early = [];
    this.#earlyBytes = 0;
  }

  /** Something has left. A socket that is broken takes nothing more: what follows is told when it closes. */
  #left(error?: Error | null): void {
    if (error || this.#sent || this.#over || this.queued > 0) return;
    this.#sent = true;
    if (this.#asked !== 'nothing') this.#endWhenSent();
    if (this.#watching) this.#sink?.drained();
  }

  /** What was written while nobody cared says nothing when it leaves; nothing, written after it, does. */
  #hearWhenSent(): void {
    if (this.#socket.writableLength > 0) this.#socket.write(NOTHING, (error) => this.#left(error));
  }

  #endWhenSent(): void {
    this.flush();
    if (this.#early !== undefined) return;
    if (this.queued > 0) this.#hearWhenSent();
    else if (this.#asked === 'finish') this.#socket.end();
    else if (this.#asked === 'close') {
      if (!this.#tls) this.#socket.destroySoon();
      else if (this.#socket.writableFinished) this.#linger();
      else this.#socket.end();
    }
  }

  /** Everything has left, the end of writing included. */
  #finished(): void {
    if (this.#asked === 'finish') this.#sink?.finished();
    else if (this.#asked === 'close' && this.#tls) this.#linger();
  }

  /** Waits for the peer's end, upon which Node closes. */
  #linger(): void {
    this.#lingering ??= globalThis.setTimeout(() => this.#socket.destroy(), LINGER * 1000);
    this.#socket.resume();
  }

  /** The same for all connections: functions of its own would be a good part of the memory of an idle one. */
  static readonly #LISTENERS = Object.entries({
    data(this: Held, data: Buffer) {
      this[HOLDER].#data(data);
    },
    end(this: Held) {
      this[HOLDER].#ended();
    },
    finish(this: Held) {
      this[HOLDER].#finished();
    },
    error(this: Held, error: Error) {
      this[HOLDER].#failed(error);
    },
    close(this: Held) {
      this[HOLDER].#closed();
    },
  });

  #data(data: Buffer): void {
    this.#inData = true;
    this.#sink?.data(data);
    this.#inData = false;
    this.flush();
  }

  #failed(error: Error): void {
    // A peer that goes without a farewell, once all is said, has closed in good order.
    if (this.#lingering === undefined) this.#error ??= error;
    // Node tells of bytes that are no TLS, and leaves the socket open. This is in a callback of TLS.
    if (this.#tls) globalThis.setImmediate(() => this.#raw.destroy());
  }

  #listenTo(socket: Socket): void {
    (socket as Held)[HOLDER] = this;
    for (const [event, listener] of NodeStreamSocket.#LISTENERS) socket.on(event, listener);
    // Listening for data has set it going.
    if (this.#paused) socket.pause();
  }

  #ended(): void {
    if (this.#over) return;
    // A socket that has nothing more to read ends also while it is paused.
    this.#endDue = this.#paused;
    if (this.#paused) return;
    // An end that follows data at once may be a reset: Node does not look why there is no more.
    if (this.#isBroken()) this.#socket.destroy(systemError('ECONNRESET', 'read'));
    else this.#sink?.ended();
  }

  /** Whether the system has no connection any more. Where both directions are closed in good order, it has none either. */
  #isBroken(): boolean {
    return !this.#socket.writableEnded && hasNoPeer(this.#raw);
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    globalThis.clearTimeout(this.#lingering);
    this.#forget();
    this.#sink?.closed(this.#error);
  }
}

/** Where a socket of Node keeps whom its events are told. */
const HOLDER: unique symbol = Symbol('holder');

type Held = Socket & { [HOLDER]: NodeStreamSocket };

/** Bytes to be written, and the slab that they are in, if it is to be given back. */
interface Piece {
  readonly data: Buffer;
  readonly slab: Buffer | undefined;
}

/** Seconds that a TLS peer has to close after this end has: less than a reactor has that closes. */
const LINGER = 0.6;

const NOTHING = Buffer.alloc(0);

function flush(socket: NodeStreamSocket): void {
  socket.flush();
}
