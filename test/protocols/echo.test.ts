import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { DatagramInbox, NotConnectedError, Reactor } from '../../index.js';
import { Echo } from '../../protocols/index.js';
import { FakeDatagramTransport, successResultOf } from '../../testing.js';

const ALICE = { host: '192.0.2.1', port: 1111 };
const BOB = { host: '192.0.2.2', port: 2222 };

describe('Echo', () => {
  let echo: Echo;
  let transport: FakeDatagramTransport;

  beforeEach(() => {
    echo = new Echo();
    transport = new FakeDatagramTransport();
    void echo.makeConnection(transport);
  });

  it('says nothing unasked', () => {
    expect(transport.written).to.deep.equal([]);
  });

  it('answers each datagram with itself, to whoever sent it', () => {
    transport.deliver('from Alice', ALICE);
    transport.deliver('from Bob', BOB);
    expect(transport.written).to.deep.equal([
      { data: Buffer.from('from Alice'), address: ALICE },
      { data: Buffer.from('from Bob'), address: BOB },
    ]);
  });

  it('returns any bytes unchanged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (data) => {
        transport.clear();
        transport.deliver(data, ALICE);
        expect(transport.written).to.deep.equal([{ data: Buffer.from(data), address: ALICE }]);
      }),
    );
  });

  it('answers an empty datagram and one of 65507 bytes', () => {
    for (const length of [0, 65507]) transport.deliver(Buffer.alloc(length, 7), ALICE);
    expect(transport.written.map(({ data }) => data.length)).to.deep.equal([0, 65507]);
  });

  it('answers nothing once its port was stopped', () => {
    const stopped = transport.stopListening();
    transport.deliver('too late', ALICE);
    transport.clock.pump([0, 0]);
    successResultOf(stopped);
    expect(transport.written).to.deep.equal([]);
    expect(() => echo.transport).to.throw(NotConnectedError);
  });

  describe('on sockets', () => {
    let reactor: Reactor;

    beforeEach(() => {
      reactor = new Reactor();
    });
    afterEach(() => reactor.close());

    it('answers from the port that was asked, one protocol on two of them', async () => {
      const server = new Echo();
      const ports = [1, 2].map(() => reactor.listenUDP(0, server, { interface: '127.0.0.1' }));
      const inbox = new DatagramInbox();
      const client = reactor.listenUDP(0, inbox, { interface: '127.0.0.1' });
      const answers = inbox[Symbol.asyncIterator]();
      for (const port of [...ports, ...ports]) {
        const { host, port: number } = port.getHost();
        client.write(`to ${number}`, { host, port: number });
        const [data, address] = (await answers.next()).value!;
        expect(data.toString()).to.equal(`to ${number}`);
        expect(address).to.deep.equal({ host, port: number });
      }
    });

    it('serves several clients', async () => {
      const { host, port } = reactor.listenUDP(0, new Echo(), { interface: '127.0.0.1' }).getHost();
      const inboxes = [1, 2, 3].map(() => new DatagramInbox());
      for (const [i, inbox] of inboxes.entries()) {
        reactor.listenUDP(0, inbox, { interface: '127.0.0.1' }).write(`client ${i}`, { host, port });
      }
      const heard = await Promise.all(
        inboxes.map(async (inbox) => (await inbox[Symbol.asyncIterator]().next()).value!),
      );
      expect(heard.map(([data]) => data.toString())).to.deep.equal(['client 0', 'client 1', 'client 2']);
    });
  });
});
