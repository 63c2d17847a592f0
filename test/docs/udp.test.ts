/** The examples of docs/udp.md, on loopback. */
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { findEverybody } from '../../docs/examples/udp/broadcast.js';
import { askEcho } from '../../docs/examples/udp/closing.js';
import { Knock } from '../../docs/examples/udp/connected.js';
import { send } from '../../docs/examples/udp/errors.js';
import { countWords } from '../../docs/examples/udp/inbox.js';
import { listenToAll, Neighbour } from '../../docs/examples/udp/ipv6.js';
import { TimeClient, TimeServer } from '../../docs/examples/udp/multicast.js';
import { greet } from '../../docs/examples/udp/names.js';
import { echo, openBoth } from '../../docs/examples/udp/plain.js';
import { type Address, AddressError, Deferred, type UDPPort } from '../../index.js';
import { FakeDatagramTransport } from '../../testing.js';
import { openPeer, refusingAddress, withReactor } from './fixtures.js';
import { runExample } from './program.js';

describe('examples of the UDP guide', () => {
  afterEach(() => sinon.restore());

  it('shout: asks, prints the answer and ends', async () => {
    const program = await runExample('udp/shout');
    expect(program.complaints).to.equal('');
    expect(program.stdout).to.equal('HELLO\n');
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
  });

  it('connected: is answered by its peer', () =>
    withReactor(async (reactor) => {
      const peer = openPeer(reactor);
      const knock = new Knock('127.0.0.1', peer.transport.getHost().port);
      reactor.listenUDP(0, knock);
      const { text, from } = await peer.next();
      expect(text).to.equal('knock');
      peer.transport.write('come in', from);
      expect(await knock.answer).to.equal('come in');
    }));

  it('connected: hears of a refusal', () =>
    withReactor(async (reactor) => {
      const knock = new Knock('127.0.0.1', refusingAddress(reactor).port);
      reactor.listenUDP(0, knock);
      const failure = await knock.answer.addErrback((error) => error.message);
      expect(failure).to.equal('Nobody listens there');
    }));

  it('names: resolves, then writes', () =>
    withReactor(async (reactor) => {
      const peer = openPeer(reactor);
      await greet(reactor, 'localhost', peer.transport.getHost().port);
      expect((await peer.next()).text).to.equal('hello');
    }));

  it('broadcast: finds who listens on the port', () =>
    withReactor(async (reactor) => {
      const peer = openPeer(reactor, '0.0.0.0');
      const { port } = peer.transport.getHost();
      const found = new Deferred<Address>();
      findEverybody(reactor, port, (address) => found.callback(address), '127.255.255.255');
      const { text, from } = await peer.next();
      expect(text).to.equal('who is there?');
      peer.transport.write('I', from);
      expect(await found).to.deep.equal({ host: '127.0.0.1', port });
    }));

  it('multicast: the client knows the group only, and is answered', () =>
    withReactor(async (reactor) => {
      const answered = new Deferred<string>();
      class Client extends TimeClient {
        override datagramReceived(data: Buffer): void {
          super.datagramReceived(data);
          answered.callback(this.answers[0]!);
        }
      }
      const { port } = reactor.listenMulticast(0, new TimeServer('127.0.0.1')).getHost();
      reactor.listenMulticast(0, new Client(port, '127.0.0.1'));
      expect(await answered).to.match(/^\d+(\.\d+)? s$/);
    }));

  it('multicast: what the server does not know is not answered', () => {
    const transport = new FakeDatagramTransport();
    void new TimeServer().makeConnection(transport);
    transport.deliver('weather?', { host: '192.0.2.7', port: 1 });
    expect(transport.written).to.deep.equal([]);
    expect([...transport.groups]).to.deep.equal(['239.192.7.2']);
  });

  it('ipv6: one port hears both families', () =>
    withReactor(async (reactor) => {
      const heard = new Deferred<Address>();
      const port = listenToAll(reactor, 0, { datagramReceived: (_data, address) => heard.callback(address) });
      const peer = openPeer(reactor);
      peer.transport.write('four', { host: '127.0.0.1', port: port.getHost().port });
      expect(await heard).to.deep.equal({ host: '::ffff:127.0.0.1', port: peer.transport.getHost().port });
    }));

  it('ipv6: a neighbour greets the group, and answers one with a scope', async () => {
    const transport = new FakeDatagramTransport({ host: '::', port: 4711 });
    await new Neighbour('eth0').makeConnection(transport);
    expect([...transport.groups]).to.deep.equal(['ff02::4711 eth0']);
    expect(transport.getOutgoingInterface()).to.equal('eth0');
    expect(transport.getTTL()).to.equal(1);
    const neighbour = { host: 'fe80::1%eth0', port: 4711 };
    transport.deliver('good morning', neighbour);
    transport.deliver('good day', neighbour);
    expect(transport.written).to.deep.equal([
      { data: Buffer.from('good morning'), address: { host: 'ff02::4711', port: 4711 } },
      { data: Buffer.from('good day'), address: neighbour },
    ]);
  });

  it('inbox: answers until the port is stopped', () =>
    withReactor(async (reactor) => {
      const opened = new Deferred<UDPPort>();
      const done = countWords(reactor, (port) => opened.callback(port));
      const port = await opened;
      const peer = openPeer(reactor);
      for (const [text, words] of [
        ['one', '1'],
        ['and two more', '3'],
      ] as const) {
        peer.transport.write(text, port.getHost());
        expect((await peer.next()).text).to.equal(words);
      }
      await port.stopListening();
      await done;
    }));

  it('plain: an object is a protocol', () =>
    withReactor(async (reactor) => {
      const server = reactor.listenUDP(0, echo, { interface: '127.0.0.1' });
      const peer = openPeer(reactor);
      peer.transport.write('plain', server.getHost());
      expect((await peer.next()).text).to.equal('plain');
    }));

  it('plain: one object on two ports answers from the one that was asked', () =>
    withReactor(async (reactor) => {
      for (const port of openBoth(reactor)) {
        const { host, port: number } = port.getHost();
        const peer = openPeer(reactor, host);
        peer.transport.write('both', port.getHost());
        expect((await peer.next()).from).to.deep.equal({ host, port: number });
      }
    }));

  it('errors: says why a report cannot be sent', () => {
    const log = sinon.stub(console, 'log');
    const transport = new FakeDatagramTransport();
    send(transport, 'x', 'example.com', 9);
    send(transport, 'x'.repeat(70_000), '192.0.2.7', 9);
    expect(log.args).to.deep.equal([['Resolve it first: example.com'], ['70000 bytes; 65507 would do']]);
    transport.connect('192.0.2.7', 9);
    expect(() => send(transport, 'x', '192.0.2.8', 9)).to.throw(AddressError);
    expect(transport.written).to.deep.equal([]);
  });

  it('closing: both ports are closed when the function is left', () =>
    withReactor(async (reactor) => {
      expect(await askEcho(reactor, 'are you there?')).to.equal('are you there?');
      expect(reactor.openHandles()).to.deep.equal([]);
    }));
});
