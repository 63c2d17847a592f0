/**
 * Connections on node:net: TCP and UNIX sockets.
 *
 * - What is written in one turn leaves together when the turn ends: corked, where it is more than one piece.
 * - Node may keep a reference to what is written, so it is given a copy.
 * - Both ends may close by themselves (allowHalfOpen); what follows from it is the connection's business.
 */
import { createServer, connect, type Server, type Socket } from 'node:net';
import { internetAddress } from '../../lib/address.js';
import type { StreamAddress, TLSOptions } from '../../lib/stream.js';
import type {
  ConnectSpec,
  ListenerSink,
  ListenSpec,
  StreamListener,
  StreamSink,
  StreamSocket,
  TLSSession,
} from '../network.js';
import { copyPooled, giveBack, isPooled } from './copy-pool.js';
import { secure } from './tls.js';

/** Begins to listen. */
export function listen({ place, backlog }: ListenSpec, sink: ListenerSink): StreamListener {
  const server = createServer({ allowHalfOpen: true });
  let bound = false;
  server.on('listening', () => {
    bound = true;
    sink.bound(listeningAddress(server));
  });
  server.on('error', (error) => (bound ? sink.dropped(error) : sink.failed(error)));
  server.on('connection', (socket) => {
    const accepted = new NodeStreamSocket(socket);
    const streamSink = sink.accepted(accepted);
    if (streamSink === undefined) socket.destroy();
    else accepted.attach(streamSink);
  });
  // In a worker of node:cluster the port is to be this process's own, as elsewhere.
  server.listen({ ...place, exclusive: true, ...(backlog === undefined ? {} : { backlog }) });
  return {
    close: (done) => {
      if (server.listening) server.close(() => done());
      else globalThis.setImmediate(done);
    },
  };
}

/** Begins to connect. */
export function connectStream({ place, local }: ConnectSpec, sink: StreamSink): StreamSocket {
  const socket = connect(
    'path' in place
      ? { path: place.path, allowHalfOpen: true }
      : {
          host: place.host,
          port: place.port,
          allowHalfOpen: true,
          autoSelectFamily: false,
          ...(local === undefined ? {} : { localAddress: local.host, localPort: local.port }),
        },
  );
  const stream = new NodeStreamSocket(socket);
  socket.once('connect', () => sink.connected());
  stream.attach(sink);
  return stream;
}

class NodeStreamSocket implements StreamSocket {
  /** What is spoken through: the raw socket, or TLS on it. */
  #socket: Socket;
  readonly #raw: Socket;
  #sink: StreamSink | undefined;
  #local: StreamAddress | undefined;
  #peer: StreamAddress | undefined;
  /** What this turn has written: mostly one piece. */
  #first: Piece | undefined;
  #others: Piece[] = [];
  #turnBytes = 0;
  #watching = false;
  #finishing = false;
  /** What waits for the end of a handshake; undefined when there is none. */
  #afterHandshake: (() => void)[] | undefined;
  #handshakeBytes = 0;
  #error: Error | null = null;
  #over = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#raw = socket;
  }

  /** The address is kept: Node forgets it when the socket closes. */
  get local(): StreamAddress {
    return (this.#local ??= addressOf(this.#raw.localAddress, this.#raw.localPort));
  }

  get peer(): StreamAddress {
    return (this.#peer ??= addressOf(this.#raw.remoteAddress, this.#raw.remotePort));
  }

  get queued(): number {
    return this.#socket.writableLength + this.#handshakeBytes + this.#turnBytes;
  }

  attach(sink: StreamSink): void {
    this.#sink = sink;
    // Both are asked for now, while they are there.
    if (!this.#raw.connecting) void [this.local, this.peer];
    else this.#raw.once('connect', () => void [this.local, this.peer]);
    this.#listenTo(this.#socket);
  }

  write(data: Uint8Array | string): void {
    if (this.#afterHandshake === undefined && typeof data !== 'string' && isPooled(data.length)) {
      const { data: copy, slab } = copyPooled(data);
      this.#write(copy, slab);
      return;
    }
    const copy = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data);
    if (this.#afterHandshake !== undefined) {
      this.#handshakeBytes += copy.length;
      this.#afterHandshake.push(() => {
        this.#handshakeBytes -= copy.length;
        this.#write(copy);
      });
    } else this.#write(copy);
  }

  flush(): void {
    this.#flush();
  }

  watchDrain(on: boolean): void {
    this.#watching = on;
    // What was written unwatched says nothing when it leaves; nothing, written after it, does.
    if (on && this.#socket.writableLength > 0) this.#socket.write(NOTHING, this.#written);
  }

  finish(): void {
    this.#afterwards(() => {
      this.#flush();
      this.#finishing = true;
      this.#socket.end();
    });
  }

  close(): void {
    this.#afterwards(() => {
      this.#flush();
      this.#socket.destroySoon();
    });
  }

  abort(): void {
    if (this.#socket !== this.#raw) this.#socket.destroy();
    // A RST is for TCP only, and for a connection that there is.
    if (this.#raw.remotePort === undefined || this.#raw.connecting) this.#raw.destroy();
    else this.#raw.resetAndDestroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  setNoDelay(enabled: boolean): void {
    this.#raw.setNoDelay(enabled);
  }

  setKeepAlive(enabled: boolean): void {
    this.#raw.setKeepAlive(enabled);
  }

  startTLS(options: TLSOptions, isServer: boolean, done: (error: Error | null, session?: TLSSession) => void): void {
    this.#flush();
    const raw = this.#socket;
    for (const event of EVENTS) raw.removeAllListeners(event);
    const waiting: (() => void)[] = [];
    this.#afterHandshake = waiting;
    const failed = (error: Error): void => {
      if (this.#over) return;
      this.#error ??= error;
      raw.destroy();
      done(error);
      this.#closed();
    };
    secure(raw, options, isServer, {
      failed,
      secured: (socket, session) => {
        this.#socket = socket;
        this.#afterHandshake = undefined;
        this.#listenTo(socket);
        done(null, session);
        for (const f of waiting) f();
      },
    });
  }

  #afterwards(f: () => void): void {
    if (this.#afterHandshake === undefined) f();
    else this.#afterHandshake.push(f);
  }

  /** `slab`: what the copy is in, where it is to be given back. */
  #write(copy: Buffer, slab?: Buffer): void {
    this.#turnBytes += copy.length;
    const piece = { data: copy, slab };
    if (this.#first === undefined) {
      this.#first = piece;
      process.nextTick(this.#flush);
    } else this.#others.push(piece);
  }

  /** Gives Node what this turn has written: together, where it is more than one piece. */
  readonly #flush = (): void => {
    const first = this.#first;
    if (first === undefined) return;
    this.#first = undefined;
    this.#turnBytes = 0;
    if (this.#others.length === 0) {
      this.#give(first);
      return;
    }
    const others = this.#others;
    this.#others = [];
    this.#socket.cork();
    this.#give(first);
    for (const each of others) this.#give(each);
    this.#socket.uncork();
  };

  #give({ data, slab }: Piece): void {
    if (slab === undefined) {
      this.#socket.write(data, this.#watching ? this.#written : undefined);
      return;
    }
    this.#socket.write(data, () => {
      giveBack(slab);
      this.#written();
    });
  }

  readonly #written = (): void => {
    if (this.#watching && this.queued === 0) this.#sink?.drained();
  };

  #listenTo(socket: Socket): void {
    socket.on('data', (data) => this.#sink?.data(data));
    socket.on('end', () => this.#sink?.ended());
    socket.on('finish', () => {
      if (this.#finishing) this.#sink?.finished();
    });
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.on('close', () => this.#closed());
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink?.closed(this.#error);
  }
}

/** Bytes to be written, and the slab that they are in, if it is to be given back. */
interface Piece {
  readonly data: Buffer;
  readonly slab: Buffer | undefined;
}

const NOTHING = Buffer.alloc(0);

const EVENTS = ['data', 'end', 'finish', 'error', 'close'] as const;

function addressOf(host: string | undefined, port: number | undefined): StreamAddress {
  return host === undefined || port === undefined ? NO_FILE : internetAddress('TCP', host, port);
}

/** The end of a UNIX socket: node:net does not tell its file. */
const NO_FILE: StreamAddress = Object.freeze({ type: 'UNIX', path: '' });

function listeningAddress(server: Server): StreamAddress {
  const address = server.address();
  if (address === null || typeof address === 'string') return Object.freeze({ type: 'UNIX', path: address ?? '' });
  return internetAddress('TCP', address.address, address.port);
}
