/// <reference types="node" preserve="true" />
/**
 * What the tests of the TCP examples talk with: a visitor on a connection, and a server's program run in this process.
 */
import { expect } from 'chai';
import { Deferred, Factory, type InternetAddress, Protocol, type Reactor, type TCPPort } from '../../index.js';

/** A connection of the test's own. */
export class Visitor extends Protocol {
  /** What came and was not expected yet. */
  heard: string = '';
  readonly made: Deferred<this> = new Deferred();
  readonly lost: Deferred<Error> = new Deferred();
  #more: Deferred<void> = new Deferred();

  override connectionMade(): void {
    this.made.callback(this);
  }

  override dataReceived(data: Buffer): void {
    this.heard += data.toString('latin1');
    this.#wake();
  }

  override connectionLost(reason: Error): void {
    this.lost.callback(reason);
    this.#wake();
  }

  says(text: string): void {
    this.transport.write(text);
  }

  /** Waits for as much as `text` is; it must be that, and counts as heard then. */
  async hears(text: string): Promise<void> {
    while (this.heard.length < text.length && !this.lost.called) await this.#more;
    expect(this.heard.slice(0, text.length)).to.equal(text);
    this.heard = this.heard.slice(text.length);
  }

  /** Waits until the connection is gone, with nothing unheard. The name of the reason. */
  async end(): Promise<string> {
    const reason = await this.lost;
    expect(this.heard).to.equal('');
    return reason.name;
  }

  #wake(): void {
    const more = this.#more;
    this.#more = new Deferred();
    more.callback();
  }
}

/** A visitor that is connected. */
export async function visit(reactor: Reactor, port: number, host = '127.0.0.1'): Promise<Visitor> {
  const visitor = new Visitor();
  reactor.connectTCP(host, port, () => visitor);
  return visitor.made;
}

/** A port on loopback that takes one visitor. */
export async function host(reactor: Reactor): Promise<{ visitor: Visitor; port: number }> {
  const visitor = new Visitor();
  const { port } = await reactor.listenTCP(0, () => visitor, { interface: '127.0.0.1' }).listening;
  return { visitor, port };
}

/** Runs the main function of a server, does something with its port, and stops it. */
export async function serving(
  reactor: Reactor,
  main: (reactor: Reactor, port: number) => Promise<void>,
  use: (port: number) => Promise<void>,
): Promise<void> {
  const ended = main(reactor, 0);
  const { port } = await openPort(reactor).listening;
  try {
    await use(port);
  } finally {
    reactor.callWhenRunning(() => reactor.stop());
    await ended;
  }
}

/** The port that the reactor has. */
export function openPort(reactor: Reactor): TCPPort {
  const port = reactor.openHandles().find((handle): handle is TCPPort => 'listening' in handle);
  if (port === undefined) throw new Error('No port is open');
  return port;
}

/** A port on loopback of which the system says that nobody listens. */
export async function refusingPort(reactor: Reactor): Promise<number> {
  const port = reactor.listenTCP(0, new Factory(), { interface: '127.0.0.1' });
  const address: InternetAddress = await port.listening;
  await port.stopListening();
  return address.port;
}
