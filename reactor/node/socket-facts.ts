/**
 * What Node knows of a socket beyond what it tells by itself.
 */
import type { Socket } from 'node:net';
import { internetAddress } from '../../lib/address.js';
import type { StreamAddress } from '../../lib/stream.js';

/** The end of a TCP connection; undefined where Node does not tell: it is gone, or is none of TCP. */
export function addressOf(host: string | undefined, port: number | undefined): StreamAddress | undefined {
  return host === undefined || port === undefined ? undefined : internetAddress('TCP', host, port);
}

/** Of an end that was gone before anybody asked. */
export const NOWHERE: StreamAddress = internetAddress('TCP', '0.0.0.0', 0);

/** Whether the system knows no peer of a TCP socket. Node's `remoteAddress` would tell what it once was. */
export function hasNoPeer(socket: Socket): boolean {
  const handle = (socket as { _handle?: { getpeername?(into: object): number } | null })._handle;
  return typeof handle?.getpeername === 'function' && handle.getpeername({}) !== 0;
}

export function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}
