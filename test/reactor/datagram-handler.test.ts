import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type DatagramHandler, DatagramProtocol } from '../../index.js';
import { asProtocol } from '../../reactor/datagram-handler.js';
import { FakeDatagramTransport } from '../../testing.js';

const PEER = { host: '192.0.2.1', port: 7 };

describe('a plain object as a datagram protocol', () => {
  it('gets its hooks called with the transport as last argument', () => {
    const calls: unknown[][] = [];
    const transport = new FakeDatagramTransport();
    const protocol = asProtocol({
      startProtocol: (...args) => void calls.push(['startProtocol', ...args]),
      datagramReceived: (...args) => void calls.push(['datagramReceived', ...args]),
      connectionRefused: (...args) => void calls.push(['connectionRefused', ...args]),
      stopProtocol: (...args: unknown[]) => void calls.push(['stopProtocol', ...args]),
    });
    void protocol.makeConnection(transport);
    transport.connect(PEER.host, PEER.port);
    transport.deliver('x', PEER);
    transport.refuse();
    void protocol.doStop();
    expect(calls).to.deep.equal([
      ['startProtocol', transport],
      ['datagramReceived', Buffer.from('x'), PEER, transport],
      ['connectionRefused', transport],
      ['stopProtocol'],
    ]);
    for (const call of calls.slice(0, 3)) expect(call.at(-1)).to.equal(transport);
  });

  it('needs none of them', () => {
    const transport = new FakeDatagramTransport();
    const protocol = asProtocol({});
    void protocol.makeConnection(transport);
    transport.connect(PEER.host, PEER.port);
    transport.deliver('x', PEER);
    transport.refuse();
    void protocol.doStop();
    expect(transport.stats).to.include({ received: 1, refused: 1 });
  });

  it('is `this` in its hooks', () => {
    const counter = {
      count: 0,
      datagramReceived(): void {
        this.count++;
      },
    };
    const transport = new FakeDatagramTransport();
    void asProtocol(counter).makeConnection(transport);
    transport.deliver('x', PEER);
    expect(counter.count).to.equal(1);
  });

  it('may get a hook later', () => {
    const handler: DatagramHandler = {};
    const transport = new FakeDatagramTransport();
    void asProtocol(handler).makeConnection(transport);
    const heard: string[] = [];
    handler.datagramReceived = (data) => void heard.push(data.toString());
    transport.deliver('x', PEER);
    expect(heard).to.deep.equal(['x']);
  });

  it('has what its hooks return passed on', () => {
    const results = { started: Promise.resolve(), stopped: Promise.resolve() };
    const protocol = asProtocol({ startProtocol: () => results.started, stopProtocol: () => results.stopped });
    expect(protocol.makeConnection(new FakeDatagramTransport())).to.equal(results.started);
    expect(protocol.doStop()).to.equal(results.stopped);
  });

  it('is always the same protocol, so that it starts once on several ports', () => {
    let starts = 0;
    const handler = { startProtocol: () => void starts++ };
    expect(asProtocol(handler)).to.equal(asProtocol(handler));
    for (let i = 0; i < 2; i++) void asProtocol(handler).makeConnection(new FakeDatagramTransport());
    expect(starts).to.equal(1);
    expect(asProtocol({})).to.not.equal(asProtocol({}));
  });

  it('is not changed by being one', () => {
    const handler = Object.freeze({});
    asProtocol(handler);
    expect(Reflect.ownKeys(handler)).to.deep.equal([]);
  });

  it('may be a function with hooks', () => {
    const heard: string[] = [];
    const handler = Object.assign(() => {}, { datagramReceived: (data: Buffer) => void heard.push(data.toString()) });
    const transport = new FakeDatagramTransport();
    void asProtocol(handler).makeConnection(transport);
    transport.deliver('x', PEER);
    expect(heard).to.deep.equal(['x']);
  });

  it('passes through where it is a DatagramProtocol already', () => {
    const protocol = new DatagramProtocol();
    expect(asProtocol(protocol)).to.equal(protocol);
  });

  for (const what of [undefined, null, 7, 'hooks', true]) {
    it(`cannot be ${String(what)}`, () => {
      expect(() => asProtocol(what as never)).to.throw(TypeError, 'an object with hooks');
    });
  }
});
