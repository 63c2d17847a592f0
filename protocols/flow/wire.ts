/// <reference types="node" preserve="true" />
/**
 * The bytes of flow allocation. A request is the name of the application, in UTF-8, and nothing else; its echo is the
 * same bytes. There is no type, no length, no identifier: what a datagram means is told by the port it comes to, and
 * data have no header at all. Pure functions.
 */
import { FlowNameError } from './errors.js';

/** The port that is listened on for requests: 0x0D1F. */
export const LISTEN_PORT = 3359;

/** Bytes of the longest name. */
export const LONGEST_NAME = 255;

/** The request for a flow to an application. @throws FlowNameError unless the name has 1…255 bytes and no NUL. */
export function encodeRequest(name: string): Buffer {
  if (typeof name !== 'string') throw new TypeError('The name of an application is a string');
  const bytes = Buffer.from(name);
  if (bytes.length === 0) throw new FlowNameError(name, 'is empty');
  if (bytes.length > LONGEST_NAME) throw new FlowNameError(name, `has ${bytes.length} bytes; ${LONGEST_NAME} will do`);
  if (bytes.includes(0)) throw new FlowNameError(name, 'has a NUL in it');
  if (bytes.toString() !== name) throw new FlowNameError(name, 'has half a character in it'); // a lone surrogate
  return bytes;
}

/**
 * The name that a request asks for; undefined when it can be no name. A NUL at its end is no part of the name: programs
 * in C send one now and then.
 */
export function decodeRequest(request: Buffer): string | undefined {
  const end = request.at(-1) === 0 ? request.length - 1 : request.length;
  if (end < 1 || end > LONGEST_NAME) return undefined;
  const bytes = request.subarray(0, end);
  if (bytes.includes(0)) return undefined;
  const name = bytes.toString();
  // What is no UTF-8 would come out as another name.
  return Buffer.from(name).equals(bytes) ? name : undefined;
}

/** Whether a datagram is the echo of a request, by its bytes. */
export function isEcho(data: Buffer, request: Buffer): boolean {
  return data.equals(request);
}
