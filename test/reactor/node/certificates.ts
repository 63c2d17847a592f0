/// <reference types="node" preserve="true" />
/** Keys and certificates for tests of TLS: see make-certificates.sh beside them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TLSOptions } from '../../../index.js';

const FOLDER: URL = new URL('../../../../test/fixtures/tls/', import.meta.url);

/** The text of one of them. */
export function pem(name: string): string {
  return readFileSync(fileURLToPath(new URL(`${name}.pem`, FOLDER)), 'utf8');
}

/** A server that is trusted by who trusts `ROOT`: localhost, www.plait.test, 127.0.0.1 and ::1. */
export const SERVER: TLSOptions = { key: pem('server-key'), cert: pem('server-cert') + pem('intermediate') };

/** A client that trusts that server. */
export const CLIENT: TLSOptions = { ca: pem('root') };

/** What a client has to show: a certificate signed by itself. */
export const IDENTITY: TLSOptions = { key: pem('client-key'), cert: pem('client-cert') };
