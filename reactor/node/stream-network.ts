/**
 * Listening and connecting on node:net: TCP and UNIX sockets.
 */
import { connect, createServer, type Server } from 'node:net';
import { internetAddress, isWildcard } from '../../lib/address.js';
import type { StreamAddress } from '../../lib/stream.js';
import type {
  ConnectSpec,
  ListenerSink,
  ListenSpec,
  StreamListener,
  StreamPlace,
  StreamSink,
  StreamSocket,
} from '../network.js';
import { addressOf } from './socket-facts.js';
import { NodeStreamSocket } from './stream-socket.js';

/** Begins to listen. */
export function listen({ place, backlog }: ListenSpec, sink: ListenerSink): StreamListener {
  const tooLong = pathTooLong(place, 'listen');
  if (tooLong !== undefined) {
    globalThis.setImmediate(() => sink.failed(tooLong));
    return { close: (done) => void globalThis.setImmediate(done) };
  }
  const server = createServer({ allowHalfOpen: true });
  let state: 'binding' | 'listening' | 'failed' = 'binding';
  /** This end of all connections; undefined where each is asked for its own. */
  let local: StreamAddress | undefined = 'path' in place ? fileOf(place.path) : undefined;
  server.on('listening', () => {
    state = 'listening';
    const address = listeningAddress(server);
    if (address.type !== 'UNIX' && !isWildcard(address.host)) local = address;
    sink.bound(address);
  });
  server.on('error', (error) => {
    if (state === 'listening') {
      sink.dropped(error);
      return;
    }
    state = 'failed';
    sink.failed(error);
  });
  server.on('connection', (socket) => {
    const peer = 'path' in place ? NO_FILE : addressOf(socket.remoteAddress, socket.remotePort);
    // Reset by the peer before it could be taken: there is nobody to speak of.
    if (peer === undefined) {
      socket.destroy();
      return;
    }
    const accepted = new NodeStreamSocket(socket, local, peer);
    const streamSink = sink.accepted(accepted);
    if (streamSink === undefined) socket.destroy();
    else accepted.attach(streamSink);
  });
  // In a worker of node:cluster the port is to be this process's own, as elsewhere.
  server.listen({ ...place, exclusive: true, ...(backlog === undefined ? {} : { backlog }) });
  return {
    close(done) {
      const close = (): void => {
        // Node's own callback would wait for the connections, too. The port is free at once.
        if (server.listening) server.close();
        globalThis.setImmediate(done);
      };
      if (state === 'binding') server.once('listening', close).once('error', close);
      else close();
    },
  };
}

/** Begins to connect. @throws ENAMETOOLONG */
export function connectStream({ place, local }: ConnectSpec, sink: StreamSink): StreamSocket {
  const tooLong = pathTooLong(place, 'connect');
  if (tooLong !== undefined) throw tooLong;
  const unix = 'path' in place;
  const socket = connect(
    unix
      ? { path: place.path, allowHalfOpen: true }
      : {
          host: place.host,
          port: place.port,
          allowHalfOpen: true,
          autoSelectFamily: false,
          ...(local === undefined ? {} : { localAddress: local.host, localPort: local.port }),
        },
  );
  const stream = unix ? new NodeStreamSocket(socket, NO_FILE, fileOf(place.path)) : new NodeStreamSocket(socket);
  socket.once('connect', () => {
    if (!unix) stream.meet(internetAddress('TCP', place.host, place.port));
    sink.connected();
  });
  stream.attach(sink);
  return stream;
}

function fileOf(path: string): StreamAddress {
  return Object.freeze({ type: 'UNIX', path });
}

const NO_FILE: StreamAddress = fileOf('');

/** Bytes that the path of a UNIX socket may have: Linux, and the BSDs with macOS. */
const PATH_LIMIT = process.platform === 'win32' ? Infinity : process.platform === 'linux' ? 107 : 103;

/** Some versions of Node cut such a path, and take the file with what is left of its name. */
function pathTooLong(place: StreamPlace, syscall: string): Error | undefined {
  if (!('path' in place) || Buffer.byteLength(place.path) <= PATH_LIMIT) return undefined;
  const message = `${syscall} ENAMETOOLONG: more than ${PATH_LIMIT} bytes ${place.path}`;
  return Object.assign(new Error(message), { code: 'ENAMETOOLONG', syscall });
}

function listeningAddress(server: Server): StreamAddress {
  const address = server.address();
  if (address === null || typeof address === 'string') return fileOf(address ?? '');
  return internetAddress('TCP', address.address, address.port);
}
