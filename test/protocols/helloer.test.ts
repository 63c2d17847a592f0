import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  type Address,
  AddressError,
  AlreadyConnectedError,
  DatagramInbox,
  InvalidAddressError,
  Reactor,
} from '../../index.js';
import { Echo, Helloer } from '../../protocols/index.js';
import { FakeDatagramTransport } from '../../testing.js';

const PEER = { host: '192.0.2.1', port: 1234 };

/** A Helloer that keeps what happens to it, and says when. */
class Listener extends Helloer {
  readonly heard: string[] = [];
  refusals = 0;
  onHook: () => void = () => {};

  override datagramReceived(data: Buffer, { host, port }: Address): void {
    this.heard.push(`${data.toString()} from ${host} port ${port}`);
    this.onHook();
  }

  override connectionRefused(): void {
    this.refusals++;
    this.onHook();
  }

  /** Resolves at the next hook. */
  next(): Promise<void> {
    return new Promise((resolve) => (this.onHook = resolve));
  }
}

describe('Helloer', () => {
  it('connects to its peer and greets it, when it is put on a port', () => {
    const transport = new FakeDatagramTransport();
    void new Helloer(PEER.host, PEER.port).makeConnection(transport);
    expect(transport.written).to.deep.equal([{ data: Buffer.from('hello') }]);
    expect(() => transport.connect(PEER.host, PEER.port)).to.throw(AlreadyConnectedError);
    expect(() => transport.write('x', { host: '192.0.2.2', port: 1234 })).to.throw(AddressError);
  });

  it('tells its peer and its greeting', () => {
    const helloer = new Helloer('192.0.2.9', 9, 'hi');
    expect([helloer.host, helloer.port, helloer.greeting]).to.deep.equal(['192.0.2.9', 9, 'hi']);
    expect(new Helloer('192.0.2.9', 9).greeting).to.equal('hello');
  });

  for (const [name, greeting, bytes] of [
    ['text, as UTF-8', 'grüß dich', Buffer.from('grüß dich')],
    ['bytes', Uint8Array.of(0, 255), Buffer.from([0, 255])],
    ['nothing', '', Buffer.alloc(0)],
  ] as const) {
    it(`greets with ${name}`, () => {
      const transport = new FakeDatagramTransport();
      void new Helloer(PEER.host, PEER.port, greeting).makeConnection(transport);
      expect(transport.written).to.deep.equal([{ data: bytes }]);
    });
  }

  it('hears its peer only', () => {
    const transport = new FakeDatagramTransport();
    const listener = new Listener(PEER.host, PEER.port);
    void listener.makeConnection(transport);
    transport.deliver('from a stranger', { host: '192.0.2.2', port: 1234 });
    transport.deliver('from the wrong port', { host: PEER.host, port: 1235 });
    transport.deliver('hello yourself', PEER);
    expect(listener.heard).to.deep.equal(['hello yourself from 192.0.2.1 port 1234']);
  });

  it('hears of refusals', () => {
    const transport = new FakeDatagramTransport();
    const listener = new Listener(PEER.host, PEER.port);
    void listener.makeConnection(transport);
    transport.refuse();
    expect(listener.refusals).to.equal(1);
  });

  it('takes no hostname: what connect throws comes out, and it is on no port', () => {
    const helloer = new Helloer('localhost', 1234);
    expect(() => helloer.makeConnection(new FakeDatagramTransport())).to.throw(InvalidAddressError);
    expect(helloer.connected).to.equal(false);
  });

  it('speaks IPv6 on a port of IPv6', () => {
    const transport = new FakeDatagramTransport({ host: '::1' });
    const listener = new Listener('2001:DB8::0:1', 1234);
    void listener.makeConnection(transport);
    transport.deliver('hello', { host: '2001:db8::1', port: 1234 });
    expect(listener.heard).to.have.length(1);
  });

  describe('on sockets', () => {
    let reactor: Reactor;

    beforeEach(() => {
      reactor = new Reactor();
    });
    afterEach(() => reactor.close());

    it('greets, and hears the answer', async () => {
      const { host, port } = reactor.listenUDP(0, new Echo(), { interface: '127.0.0.1' }).getHost();
      const listener = new Listener(host, port, 'good morning');
      const answered = listener.next();
      reactor.listenUDP(0, listener, { interface: '127.0.0.1' });
      await answered;
      expect(listener.heard).to.deep.equal([`good morning from ${host} port ${port}`]);
    });

    it('is told when nobody listens, and can greet whoever comes later', async () => {
      const first = reactor.listenUDP(0, {}, { interface: '127.0.0.1' });
      const { host, port } = first.getHost();
      await first.stopListening();
      const listener = new Listener(host, port);
      const refused = listener.next();
      reactor.listenUDP(0, listener, { interface: '127.0.0.1' });
      await refused;
      expect(listener.refusals).to.equal(1);
      const inbox = new DatagramInbox();
      reactor.listenUDP(port, inbox, { interface: host });
      listener.transport.write(listener.greeting);
      const [data] = (await inbox[Symbol.asyncIterator]().next()).value!;
      expect(data.toString()).to.equal('hello');
    });

    it('leaves no port behind when its peer is no address', () => {
      expect(() => reactor.listenUDP(0, new Helloer('localhost', 9))).to.throw(InvalidAddressError);
      expect(() => reactor.listenUDP(0, new Helloer('127.0.0.1', 0))).to.throw(RangeError);
    });
  });
});
