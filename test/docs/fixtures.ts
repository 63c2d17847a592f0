/// <reference types="node" preserve="true" />
/**
 * What the tests of the examples talk with: a reactor that must be left empty, a peer on loopback, and a port that
 * refuses.
 */
import { expect } from 'chai';
import { type Address, DatagramInbox, DatagramProtocol, Reactor } from '../../index.js';

/** Runs a test with a reactor; then nothing may be open, and nothing may have failed unheard. */
export async function withReactor(test: (reactor: Reactor) => Promise<void>): Promise<void> {
  const reactor = new Reactor();
  const errors: Error[] = [];
  reactor.on('error', (error) => errors.push(error));
  try {
    await test(reactor);
  } finally {
    await reactor.close();
  }
  expect(errors).to.deep.equal([]);
  expect(reactor.openHandles().map(String)).to.deep.equal([]);
}

/** A socket of the test's own, whose datagrams it takes one by one. */
export class Peer extends DatagramInbox {
  readonly #datagrams = this[Symbol.asyncIterator]();

  /** The next datagram, as text, and where it came from. */
  async next(): Promise<{ text: string; from: Address }> {
    const { value, done } = await this.#datagrams.next();
    if (done) throw new Error('The port was stopped');
    return { text: value[0].toString(), from: value[1] };
  }
}

/** A peer that is listening, on loopback unless told otherwise. */
export function openPeer(reactor: Reactor, networkInterface = '127.0.0.1'): Peer {
  const peer = new Peer();
  reactor.listenUDP(0, peer, { interface: networkInterface });
  return peer;
}

/** An address of which the system says that nobody listens: its port is taken by one who hears one other peer only. */
export function refusingAddress(reactor: Reactor): Address {
  const port = reactor.listenUDP(0, new DatagramProtocol(), { interface: '127.0.0.1' });
  port.connect('127.0.0.1', 9);
  return port.getHost();
}
