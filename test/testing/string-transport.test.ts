/**
 * StringTransport is held to the suite of connections: to what it says of a connection that there is. Left out is what
 * belongs to reactors and factories, of which it has none; errors in hooks it throws at the test that caused them.
 */
import { expect } from 'chai';
import { after, describe, it } from 'mocha';
import { AlreadyConnectedError, Clock, ConnectionAborted, ConnectionDone, ConnectionLost } from '../../index.js';
import { internetAddress } from '../../lib/address.js';
import { StringTransport } from '../../testing.js';
import { abortingTests } from '../../testing/contract/stream-aborting.js';
import { closingTests } from '../../testing/contract/stream-closing.js';
import { halfCloseTests } from '../../testing/contract/stream-half-close.js';
import { pausingTests } from '../../testing/contract/stream-pausing.js';
import { producerTests } from '../../testing/contract/stream-producers.js';
import { HalfRecorder, Recorder, streamTest } from '../../testing/contract/stream-stage.js';
import { transferTests } from '../../testing/contract/stream-transfer.js';
import { stringWorld } from './string-world.js';

/** Sentences about factories, reactors, and errors that are reported to those. */
const LEFT_OUT: readonly RegExp[] = [
  /^reports once/,
  /^gives a protocol the time and chance of its reactor$/,
  /^runs the protocol's connectionLost before the factory's clientConnectionLost/,
  /^may be called in connectionMade$/,
];

describe('a StringTransport', () => {
  const met = new Set<RegExp>();
  const some = (name: string, body: () => Promise<void>): void => {
    const other = LEFT_OUT.find((pattern) => pattern.test(name));
    if (other === undefined) it(name, body);
    else met.add(other);
  };
  const test = streamTest(stringWorld, { describe, it: some });
  describe('transfer', () => transferTests(test));
  describe('closing', () => closingTests(test));
  describe('closing one way', () => halfCloseTests(test));
  describe('aborting', () => abortingTests(test));
  describe('pausing', () => pausingTests(test));
  describe('producers', () => producerTests(test));

  after(() => expect(met.size, 'sentences left out that the suite does not have').to.equal(LEFT_OUT.length));
});

describe('what a StringTransport tells the test', () => {
  const attached = (protocol: Recorder = new Recorder()): { protocol: Recorder; transport: StringTransport } => {
    const transport = new StringTransport();
    void protocol.makeConnection(transport);
    return { protocol, transport };
  };

  it('what was written, since the last clear', () => {
    const { transport } = attached();
    transport.write('one, ');
    transport.writeSequence(['two', Buffer.from(', three')]);
    expect(transport.value().toString()).to.equal('one, two, three');
    transport.clear();
    expect(transport.value()).to.have.length(0);
    transport.write('four');
    expect(transport.value().toString()).to.equal('four');
  });

  it('both ends, which may be chosen', () => {
    const host = internetAddress('TCP', '::1', 80);
    const peer = internetAddress('TCP', '::1', 5000);
    const transport = new StringTransport({ host, peer });
    expect([transport.getHost(), transport.getPeer()]).to.deep.equal([host, peer]);
    expect(new StringTransport().getPeer()).to.include({ type: 'TCP', host: '127.0.0.1' });
  });

  it('whether the protocol takes data', () => {
    const { transport } = attached();
    expect(transport.producerState).to.equal('producing');
    transport.pauseProducing();
    expect(transport.producerState).to.equal('paused');
    transport.resumeProducing();
    expect(transport.producerState).to.equal('producing');
    transport.loseConnection();
    expect(transport.producerState).to.equal('stopped');
    transport.clock.advance(0);
    expect(transport.producerState).to.equal('stopped');
  });

  it('how the protocol has closed: in good order, by its own way only, or at once', () => {
    const told = (close: (transport: StringTransport) => void): boolean[] => {
      const { transport } = attached(new HalfRecorder());
      close(transport);
      transport.clock.advance(0);
      return [transport.disconnecting, transport.writeEnded, transport.aborted];
    };
    expect(told(() => {})).to.deep.equal([false, false, false]);
    expect(told((transport) => transport.loseConnection())).to.deep.equal([true, true, false]);
    expect(told((transport) => transport.loseWriteConnection())).to.deep.equal([false, true, false]);
    expect(told((transport) => transport.abortConnection())).to.deep.equal([true, false, true]);
  });

  it('what waits in the queue of a peer that does not read, until it does', () => {
    const { transport } = attached();
    transport.congest();
    transport.write('12345');
    transport.loseConnection();
    transport.clock.advance(0);
    expect(transport.writeQueueSize).to.equal(5);
    expect(transport.writeEnded).to.equal(false);
    transport.drain();
    expect(transport.writeQueueSize).to.equal(0);
    expect(transport.writeEnded).to.equal(true);
  });

  it('what its hooks throw', () => {
    const fail = (): never => {
      throw new Error('in a hook');
    };
    expect(() => attached(new Recorder({ dataReceived: fail })).transport.deliver('x')).to.throw('in a hook');
    expect(() => attached(new Recorder({ connectionLost: fail })).transport.disconnect()).to.throw('in a hook');
  });

  it('the end of the connection, with the reason that a real one would have', () => {
    const reasons = (lose: (transport: StringTransport) => void): Error | undefined => {
      const { protocol, transport } = attached();
      lose(transport);
      transport.clock.advance(0);
      return protocol.reason;
    };
    const error = new Error('the cable is cut');
    expect(reasons((transport) => transport.disconnect(error)))
      .to.be.instanceOf(ConnectionLost)
      .with.property('cause', error);
    expect(reasons((transport) => transport.disconnect())).to.be.instanceOf(ConnectionDone);
    expect(reasons((transport) => transport.deliverEnd())).to.be.instanceOf(ConnectionDone);
    expect(reasons((transport) => transport.loseConnection())).to.be.instanceOf(ConnectionDone);
    expect(reasons((transport) => transport.abortConnection())).to.be.instanceOf(ConnectionAborted);
  });

  it('nothing of TLS but that it was begun', async () => {
    const { transport } = attached();
    const started = transport.startTLS();
    transport.clock.advance(0);
    await started;
    expect(() => transport.startTLS()).to.throw(AlreadyConnectedError);
  });

  it('the time of its clock, and the chance of its seed', () => {
    const clock = new Clock(7);
    const [one, other] = [new StringTransport({ clock, seed: 3 }), new StringTransport({ clock, seed: 3 })];
    expect(one.reactor.seconds()).to.equal(7);
    expect(one.reactor.randomBytes(8)).to.deep.equal(other.reactor.randomBytes(8));
  });
});
