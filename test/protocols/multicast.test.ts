import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  type Address,
  type Deferred,
  DNSLookupError,
  InvalidAddressError,
  MulticastJoinError,
  type MulticastPort,
  type Origin,
  Reactor,
} from '../../index.js';
import { MulticastClient, MulticastServer } from '../../protocols/index.js';
import { failureResultOf, FakeDatagramTransport, successResultOf } from '../../testing.js';

const GROUP = '228.0.0.5';
const ASKER = { host: '192.0.2.1', port: 1111 };

/** A client that keeps the answers, and says when there are as many as are waited for. */
class Asker extends MulticastClient {
  readonly answers: { text: string; port: number }[] = [];
  #wanted = Infinity;
  #enough: () => void = () => {};

  override datagramReceived(data: Buffer, { port }: Address): void {
    this.answers.push({ text: data.toString(), port });
    if (this.answers.length >= this.#wanted) this.#enough();
  }

  /** Resolves at the answer with that number. */
  hear(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = count;
      this.#enough = resolve;
    });
  }
}

describe('MulticastServer', () => {
  let transport: FakeDatagramTransport;

  beforeEach(() => {
    transport = new FakeDatagramTransport({ host: '0.0.0.0', port: 8005 });
  });

  it('joins its group when it is put on a port, and says nothing', () => {
    successResultOf(new MulticastServer(GROUP).makeConnection(transport) as Deferred<void>);
    expect([...transport.groups]).to.deep.equal([GROUP]);
    expect(transport.getTTL()).to.equal(1);
    expect(transport.written).to.deep.equal([]);
  });

  it('joins by the interface and with the TTL it was given', () => {
    void new MulticastServer(GROUP, { interface: 'eth0', ttl: 5 }).makeConnection(transport);
    expect([...transport.groups]).to.deep.equal([`${GROUP} eth0`]);
    expect(transport.getTTL()).to.equal(5);
  });

  it('answers the request, to the asker alone', () => {
    void new MulticastServer(GROUP).makeConnection(transport);
    transport.deliver('Client: Ping', ASKER);
    expect(transport.written).to.deep.equal([{ data: Buffer.from('Server: Pong'), address: ASKER }]);
  });

  it('answers nothing else', () => {
    void new MulticastServer(GROUP).makeConnection(transport);
    for (const data of ['', 'client: ping', 'Client: Ping!', ' Client: Ping', Uint8Array.of(0xff, 0xfe)]) {
      transport.deliver(data, ASKER);
    }
    expect(transport.written).to.deep.equal([]);
  });

  it('has a request and a reply of its own where they are given', () => {
    void new MulticastServer(GROUP, { request: 'wer da?', reply: 'ich' }).makeConnection(transport);
    transport.deliver('Client: Ping', ASKER);
    transport.deliver('wer da?', ASKER);
    expect(transport.written).to.deep.equal([{ data: Buffer.from('ich'), address: ASKER }]);
  });

  it('fails in startProtocol when its group is none', () => {
    const started = new MulticastServer('192.0.2.9').makeConnection(transport) as Deferred<void>;
    expect(failureResultOf(started, MulticastJoinError).group).to.equal('192.0.2.9');
  });

  it('fails in startProtocol when its group is a name that nobody knows', () => {
    const started = new MulticastServer('printers').makeConnection(transport) as Deferred<void>;
    const error = failureResultOf(started, MulticastJoinError);
    expect(error.group).to.equal('printers');
    expect(error.cause).to.be.an.instanceof(DNSLookupError);
  });

  it('refuses a TTL out of range: RangeError', () => {
    const server = new MulticastServer(GROUP, { ttl: 256 });
    expect(() => server.makeConnection(transport)).to.throw(RangeError);
    expect(server.connected).to.equal(false);
  });

  it('serves groups of IPv6', () => {
    const six = new FakeDatagramTransport({ host: '::' });
    successResultOf(new MulticastServer('ff02::5', { interface: 'eth0' }).makeConnection(six) as Deferred<void>);
    six.deliver('Client: Ping', { host: 'fe80::1%eth0', port: 1111 });
    expect(six.written).to.deep.equal([
      { data: Buffer.from('Server: Pong'), address: { host: 'fe80::1%eth0', port: 1111 } },
    ]);
  });
});

describe('MulticastClient', () => {
  let transport: FakeDatagramTransport;

  beforeEach(() => {
    transport = new FakeDatagramTransport();
  });

  it('asks the group when it is put on a port, and is no member of it', () => {
    void new MulticastClient(GROUP, 8005).makeConnection(transport);
    expect(transport.written).to.deep.equal([
      { data: Buffer.from('Client: Ping'), address: { host: GROUP, port: 8005 } },
    ]);
    expect(transport.groups.size).to.equal(0);
    expect(transport.getTTL()).to.equal(1);
  });

  it('asks by the interface and with the TTL it was given', () => {
    void new MulticastClient(GROUP, 8005, { interface: 'eth0', ttl: 5, request: 'who?' }).makeConnection(transport);
    expect(transport.getOutgoingInterface()).to.equal('eth0');
    expect(transport.getTTL()).to.equal(5);
    expect(transport.written.map(({ data }) => data.toString())).to.deep.equal(['who?']);
  });

  it('asks once more for each ask()', () => {
    const client = new MulticastClient(GROUP, 8005);
    void client.makeConnection(transport);
    client.ask();
    client.ask();
    expect(transport.written).to.have.length(3);
  });

  it('fails in startProtocol when its interface is of the other family, and asks nobody', () => {
    const started = new MulticastClient(GROUP, 8005, { interface: '::1' }).makeConnection(transport) as Deferred<void>;
    expect(failureResultOf(started, InvalidAddressError).address).to.equal('::1');
    expect(transport.written).to.deep.equal([]);
  });

  it('throws for a group that is no address', () => {
    expect(() => new MulticastClient('printers', 8005).makeConnection(transport)).to.throw(InvalidAddressError);
  });
});

describe('MulticastServer and MulticastClient on sockets', () => {
  const LOOPBACK = { interface: '127.0.0.1' };
  let reactor: Reactor;
  let group: string;

  beforeEach(() => {
    reactor = new Reactor();
    group = `239.255.${[...reactor.randomBytes(2)].join('.')}`;
  });
  afterEach(() => reactor.close());

  const serve = (port: number, reply: string): MulticastPort =>
    reactor.listenMulticast(port, new MulticastServer(group, { ...LOOPBACK, reply }), { listenMultiple: true });

  it('find each other without knowing an address', async () => {
    const { port } = serve(0, 'here').getHost();
    const asker = new Asker(group, port, LOOPBACK);
    const answered = asker.hear(1);
    reactor.listenMulticast(0, asker);
    await answered;
    expect(asker.answers).to.deep.equal([{ text: 'here', port }]);
  });

  it('hear from each of several servers on one port', async () => {
    const { port } = serve(0, 'first').getHost();
    serve(port, 'second');
    serve(port, 'third');
    const asker = new Asker(group, port, LOOPBACK);
    const answered = asker.hear(3);
    reactor.listenMulticast(0, asker);
    await answered;
    expect(asker.answers.map(({ text }) => text)).to.have.members(['first', 'second', 'third']);
  });

  it('leave other requests unanswered', async () => {
    const { port } = serve(0, 'here').getHost();
    const asker = new Asker(group, port, { ...LOOPBACK, request: 'something else' });
    const answered = asker.hear(1);
    reactor.listenMulticast(0, asker);
    asker.transport.write('Client: Ping', { host: group, port });
    await answered;
    expect(asker.answers).to.have.length(1);
  });

  it('report a group that can not be joined', async () => {
    const reported = new Promise<[Error, Origin]>((resolve) => reactor.on('error', (...facts) => resolve(facts)));
    const server = new MulticastServer('192.0.2.9');
    reactor.listenMulticast(0, server);
    const [error, origin] = await reported;
    expect(error).to.be.an.instanceof(MulticastJoinError);
    expect(origin).to.deep.include({ hook: 'startProtocol' });
    expect(origin.source).to.equal(server);
  });
});
