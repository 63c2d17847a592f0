/**
 * TLS on a socket that is there already, by node:tls.
 *
 * Servers go by way of a tls.Server that does not listen: it is the one that checks clients' certificates.
 */
import { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createServer,
  type PeerCertificate as NodePeerCertificate,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import type { PeerCertificate, TLSOptions } from '../../lib/stream.js';
import type { TLSSession } from '../network.js';

/** How a handshake ends. Errors after `secured` are the socket's own. */
export interface Handshake {
  secured(socket: Socket, session: TLSSession): void;
  failed(error: Error): void;
}

export function secure(raw: Socket, options: TLSOptions, isServer: boolean, handshake: Handshake): void {
  let over = false;
  const failed = (error: Error): void => {
    if (over) return;
    over = true;
    handshake.failed(error);
  };
  const secured = (socket: TLSSocket): void => {
    over = true;
    socket.allowHalfOpen = true;
    socket.off('error', failed);
    socket.off('close', closed);
    handshake.secured(socket, sessionOf(socket));
  };
  const closed = (): void => failed(Object.assign(new Error('closed in the handshake'), { code: 'ECONNRESET' }));
  raw.on('error', failed);
  raw.on('close', closed);
  // A peer that goes away meanwhile ends the handshake; afterwards the connection decides what its end means.
  raw.allowHalfOpen = false;
  try {
    if (isServer) {
      const server = createServer(serverOptions(options));
      server.on('secureConnection', (socket) => secured(socket));
      server.on('tlsClientError', failed);
      server.emit('connection', raw);
    } else {
      const socket = connect({ socket: raw, ...clientOptions(options) });
      socket.on('error', failed);
      socket.on('close', closed);
      socket.on('secureConnect', () => secured(socket));
    }
  } catch (error) {
    // No such key or certificate: told in a later turn, as everything that happens to a connection.
    globalThis.setImmediate(() => failed(error as Error));
  }
}

function serverOptions({ key, cert, ca, rejectUnauthorized, requestCert, alpnProtocols }: TLSOptions): TlsOptions {
  return {
    allowHalfOpen: true,
    ...defined({ key, cert, ca, requestCert, ALPNProtocols: alpnProtocols }),
    rejectUnauthorized: rejectUnauthorized ?? false,
  } as TlsOptions;
}

function clientOptions({ key, cert, ca, rejectUnauthorized, servername, alpnProtocols }: TLSOptions): object {
  return {
    allowHalfOpen: true,
    ...defined({ key, cert, ca, ALPNProtocols: alpnProtocols }),
    rejectUnauthorized: rejectUnauthorized ?? true,
    // RFC 6066 has names only in this place; an address is checked against the certificate all the same.
    ...(servername === undefined ? {} : isIP(servername) ? { host: servername } : { servername, host: servername }),
    ...(servername !== undefined && isIP(servername) === 6 ? { checkServerIdentity: checkAddress } : {}),
  };
}

/** Node 22.23 looks for an IPv6 address among the names of a certificate, where it never is. */
function checkAddress(host: string, certificate: NodePeerCertificate): Error | undefined {
  if (new X509Certificate(certificate.raw).checkIP(host) !== undefined) return undefined;
  return checkServerIdentity(host, certificate);
}

function defined(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(bytes) : bytes(value)]),
  );
}

/** node:tls wants Buffers where it takes bytes. */
function bytes(value: unknown): unknown {
  return value instanceof Uint8Array && !Buffer.isBuffer(value) ? Buffer.from(value) : value;
}

function sessionOf(socket: TLSSocket): TLSSession {
  return {
    peerCertificate: certificateOf(socket),
    negotiatedProtocol: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined,
  };
}

function certificateOf(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerCertificate();
  // node:tls says "none" by an empty object.
  if (certificate === null || certificate.raw === undefined) return undefined;
  return Object.freeze({
    authorized: socket.authorized,
    subject: { ...certificate.subject } as unknown as Record<string, string | string[]>,
    issuer: { ...certificate.issuer } as unknown as Record<string, string | string[]>,
    subjectAltName: certificate.subjectaltname,
    fingerprint256: certificate.fingerprint256,
    raw: certificate.raw,
  });
}
