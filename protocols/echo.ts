/// <reference types="node" preserve="true" />
/**
 * Echo (RFC 862): every datagram goes back to where it came from, on the port it came to.
 */
import type { Address } from '../lib/address.js';
import { DatagramProtocol } from '../lib/protocol.js';

/** Answers every datagram with itself. */
export class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: Address): void {
    this.transport.write(data, address);
  }
}
