import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  AddressError,
  CancelledError,
  InvalidAddressError,
  MessageLengthError,
  NotConnectedError,
} from '../../../index.js';
import { DeliveryFailedError, GuaranteedDatagramProtocol, SendQueueFullError } from '../../../protocols/index.js';
import {
  assertNoResult,
  failureResultOf,
  FakeDatagramTransport,
  simulation,
  successResultOf,
} from '../../../testing.js';
import { ack, copiesOf, data, identitiesOf, Listener, OTHER, PEER, recv, stage, stageOf } from './fixtures.js';

describe('send', () => {
  it('sends DATA at once, and fires when RECV comes', () => {
    const { protocol, transport, clock, written } = stage();
    const sent = protocol.send('hello', PEER);
    const [identity = 0] = identitiesOf(transport);
    expect(written()).to.deep.equal([`DATA ${identity} hello`]);
    assertNoResult(sent);
    clock.advance(0.0625);
    transport.deliver(recv(identity), PEER);
    expect(written()).to.deep.equal([`ACK ${identity}`]);
    expect(successResultOf(sent)).to.deep.equal({ attempts: 1, roundTrip: 0.0625 });
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('sends an empty message, bytes, and text as UTF-8', () => {
    const { protocol, written } = stage({ identities: 'sequential' });
    for (const message of ['', Uint8Array.of(0x41), 'ä']) void protocol.send(message, PEER);
    expect(written().map((packet) => packet.split(' ')[2])).to.deep.equal([undefined, 'A', 'ä']);
    expect(() => protocol.send(7 as never, PEER)).to.throw(TypeError);
  });

  it('lets its data be reused as soon as it returns', () => {
    const { protocol, transport, clock } = stage();
    const bytes = Buffer.from('before');
    void protocol.send(bytes, PEER);
    bytes.write('after!');
    clock.advance(1);
    expect(copiesOf(transport)).to.deep.equal({ before: 2 });
  });

  it('is sent six times within 4.5 seconds, and then fails', () => {
    const { protocol, transport, clock } = stage();
    const sent = protocol.send('to nobody', PEER);
    clock.advance(4.5);
    expect(copiesOf(transport)).to.deep.equal({ 'to nobody': 6 });
    assertNoResult(sent);
    clock.advance(60);
    expect(copiesOf(transport)).to.deep.equal({ 'to nobody': 6 });
    const failure = failureResultOf(sent, DeliveryFailedError);
    expect(failure).to.deep.include({ reason: 'attempts', attempts: 6, code: 'ERR_PLAIT_DELIVERY_FAILED' });
    expect(failure.address).to.deep.equal(PEER);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('is sent for half a minute in the profile plait', () => {
    const { protocol, transport, clock } = stage({ profile: 'plait' });
    const sent = protocol.send('patient', PEER);
    clock.advance(29.8);
    expect(copiesOf(transport)).to.deep.equal({ patient: 11 });
    clock.advance(0.2);
    expect(copiesOf(transport)).to.deep.equal({ patient: 12 });
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
    expect(successResultOf(sent).attempts).to.equal(12);
  });

  it('counts what it took, and measures from the first time', () => {
    const { protocol, transport, clock } = stage();
    const sent = protocol.send('x', PEER);
    clock.advance(1);
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
    expect(successResultOf(sent)).to.deep.equal({ attempts: 2, roundTrip: 1 });
  });

  it('takes a late RECV, after the last copy, as well as an early one', () => {
    const { protocol, transport, clock } = stage();
    const sent = protocol.send('x', PEER);
    clock.advance(6);
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
    expect(successResultOf(sent).attempts).to.equal(6);
  });

  it('gives up at its deadline', () => {
    const { protocol, transport, clock } = stage();
    const sent = protocol.send('x', PEER, { deadline: 1 });
    clock.advance(0.99);
    assertNoResult(sent);
    clock.advance(0.01);
    expect(failureResultOf(sent, DeliveryFailedError)).to.deep.include({ reason: 'deadline', attempts: 2 });
    expect(identitiesOf(transport)).to.have.lengthOf(1);
    expect(() => protocol.send('x', PEER, { deadline: -1 })).to.throw(RangeError);
  });

  it('ends when it is cancelled, or its signal is aborted', () => {
    const { protocol, transport, clock } = stage();
    const controller = new AbortController();
    const sent = protocol.send('one', PEER);
    const aborted = protocol.send('two', PEER, { signal: controller.signal });
    sent.cancel();
    controller.abort(new Error('enough'));
    failureResultOf(sent, CancelledError);
    expect(failureResultOf(aborted).message).to.equal('enough');
    clock.advance(60);
    expect(copiesOf(transport)).to.deep.equal({ one: 1, two: 1 });
    expect(protocol.counters.pending).to.equal(0);
  });

  it('is not even sent where the signal is aborted already', () => {
    const { protocol, transport } = stage();
    const sent = protocol.send('x', PEER, { signal: AbortSignal.abort(new Error('enough')) });
    expect(failureResultOf(sent).message).to.equal('enough');
    expect([transport.written, protocol.counters.pending]).to.deep.equal([[], 0]);
  });

  it('can be cancelled in the queue, on its way, while a copy is held, and when it is over', () => {
    const { protocol, transport, clock } = stage();
    const sent = Array.from({ length: 34 }, (_, i) => protocol.send(String(i), PEER));
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER); // lets the last two out
    const queued = protocol.send('queued', PEER);
    transport.deliver(data(1), OTHER);
    transport.deliver(ack(1), OTHER);
    const weak = protocol.send('weak', OTHER);
    const held = protocol.send('held', OTHER);
    for (const each of [queued, held, weak, ...sent]) each.cancel();
    successResultOf(sent[0]!);
    for (const each of [queued, held, weak, ...sent.slice(1)]) failureResultOf(each, CancelledError);
    for (const each of [queued, held, weak, ...sent]) each.cancel();
    expect(protocol.counters).to.deep.include({ pending: 0, held: 0 });
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    expect(copiesOf(transport)).to.not.have.any.keys('queued', 'held');
  });

  it('can be cancelled by what its own end makes possible', () => {
    const { protocol, transport, clock } = stage({ queue: { messages: 1 } });
    const first = protocol.send('0', PEER);
    const sent = Array.from({ length: 32 }, (_, i) => protocol.send(String(1 + i), PEER));
    protocol.whenWritable(PEER).addCallback(() => [first, ...sent].forEach((each) => each.cancel()));
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
    expect(successResultOf(first).attempts).to.equal(1);
    for (const each of sent) failureResultOf(each, CancelledError);
    expect(protocol.counters.pending).to.equal(0);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    for (let i = 0; i < 34; i++) void protocol.send('again', PEER);
    expect(copiesOf(transport)['again']).to.equal(33); // the window, which has grown by one
  });

  it('refuses more than a datagram carries, for that message alone', () => {
    const { protocol, transport } = stage();
    expect(() => protocol.send(Buffer.alloc(65503), PEER))
      .to.throw(MessageLengthError)
      .that.deep.includes({ length: 65503, limit: 65502 });
    void protocol.send(Buffer.alloc(65502), PEER);
    expect(transport.written.map((each) => each.data.length)).to.deep.equal([65507]);
    const six = stage({ magic: Buffer.from('MAGIC!') }, new FakeDatagramTransport({ host: '::' }));
    expect(() => six.protocol.send(Buffer.alloc(65517), { host: '::1', port: 9 })).to.throw(MessageLengthError);
    void six.protocol.send(Buffer.alloc(65516), { host: '::1', port: 9 });
    expect(() => six.protocol.send(Buffer.alloc(65497), { host: '::ffff:192.0.2.1', port: 9 })).to.throw(
      MessageLengthError,
    );
  });

  it('refuses more than maxPayload', () => {
    const { protocol } = stage({ maxPayload: 1200 });
    expect(() => protocol.send(Buffer.alloc(1201), PEER)).to.throw(MessageLengthError);
    void protocol.send(Buffer.alloc(1200), PEER);
  });

  it('refuses a destination that is not one host', () => {
    const { protocol } = stage();
    const six = stage({}, new FakeDatagramTransport({ host: '::' })).protocol;
    for (const host of ['0.0.0.0', '255.255.255.255', '<broadcast>', '224.0.0.1', '239.255.0.1']) {
      expect(() => protocol.send('x', { host, port: 9 }), host).to.throw(AddressError);
    }
    for (const host of ['::', '0:0::0', 'ff02::1', '::ffff:0.0.0.0', '::ffff:224.0.0.1', '::ffff:255.255.255.255']) {
      expect(() => six.send('x', { host, port: 9 }), host).to.throw(AddressError);
    }
    expect(protocol.counters).to.deep.include({ pending: 0, peers: 0 });
  });

  it('refuses a hostname, another family, and no port', () => {
    const { protocol } = stage();
    expect(() => protocol.send('x', { host: 'localhost', port: 9 })).to.throw(InvalidAddressError);
    expect(() => protocol.send('x', { host: '::1', port: 9 })).to.throw(InvalidAddressError);
    expect(() => protocol.send('x', { host: undefined as never, port: 9 })).to.throw(InvalidAddressError);
    for (const port of [0, 65536, 1.5, NaN]) {
      expect(() => protocol.send('x', { host: PEER.host, port })).to.throw(RangeError);
    }
  });

  it('refuses to begin without a port, or on one that was stopped', () => {
    const { protocol, transport, clock } = stage();
    expect(() => new GuaranteedDatagramProtocol().send('x', PEER)).to.throw(NotConnectedError);
    void transport.stopListening();
    expect(() => protocol.send('x', PEER)).to.throw(NotConnectedError);
    clock.advance(0);
    expect(() => protocol.send('x', PEER)).to.throw(NotConnectedError);
    expect(() => protocol.whenWritable(PEER)).to.throw(NotConnectedError);
  });

  it('can be called from startProtocol', () => {
    class Client extends GuaranteedDatagramProtocol {
      override startProtocol(): void {
        void this.send('hello', PEER);
      }
    }
    const { transport } = stageOf(new Client());
    expect(copiesOf(transport)).to.deep.equal({ hello: 1 });
  });

  it('leaves nothing behind where startProtocol throws', () => {
    class Client extends GuaranteedDatagramProtocol {
      override startProtocol(): void {
        this.send('hello', PEER).addErrback(() => {});
        throw new Error('no');
      }
    }
    const client = new Client();
    const transport = new FakeDatagramTransport();
    expect(() => client.makeConnection(transport)).to.throw('no');
    expect(transport.clock.getDelayedCalls()).to.deep.equal([]);
    expect(client.counters).to.deep.include({ pending: 0, peers: 0 });
  });
});

describe('send on a port that is told of errors', () => {
  const OTHER = { host: PEER.host, port: PEER.port + 1 };

  it('fails what is on its way to a peer where nobody listens, and nothing else', () => {
    const { protocol, transport } = stage();
    const sent = protocol.send('x', PEER);
    const elsewhere = protocol.send('y', OTHER);
    transport.reportError(PEER);
    expect(failureResultOf(sent, DeliveryFailedError)).to.deep.include({ reason: 'refused', attempts: 1 });
    assertNoResult(elsewhere);
  });

  it('goes on when the way is said to be lost for the moment, and when it never wrote there', () => {
    const { protocol, transport } = stage();
    const sent = protocol.send('x', PEER);
    transport.reportError(PEER, 'EHOSTUNREACH');
    transport.reportError(OTHER);
    assertNoResult(sent);
    expect(protocol.counters).to.deep.include({ pending: 1, peers: 1 });
  });
});

describe('send on a connected port', () => {
  it('fails what is on its way when the network says that nobody listens', () => {
    const { protocol, transport, clock } = stage();
    transport.connect(PEER.host, PEER.port);
    const sent = protocol.send('x', PEER);
    transport.refuse();
    expect(failureResultOf(sent, DeliveryFailedError)).to.deep.include({ reason: 'refused', attempts: 1 });
    const again = protocol.send('y', PEER);
    assertNoResult(again);
    expect(clock.getDelayedCalls()).to.have.lengthOf(1);
  });

  it('fails what is on its way at a refusal, and not what leaves in its place', () => {
    const { protocol, transport } = stage();
    transport.connect(PEER.host, PEER.port);
    const reasons: string[] = [];
    const note = (error: Error): void => void reasons.push((error as DeliveryFailedError).reason);
    for (let i = 0; i < 100; i++) protocol.send(String(i), PEER).addErrback(note);
    transport.refuse();
    expect(reasons).to.deep.equal(new Array(32).fill('refused'));
    expect(protocol.counters.pending).to.equal(68);
  });

  it('throws what the port does where it is connected to somebody else', () => {
    const { protocol, transport, clock } = stage();
    transport.connect(OTHER.host, OTHER.port);
    expect(() => protocol.send('x', PEER)).to.throw(AddressError);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    expect(protocol.counters.pending).to.equal(0);
  });

  it('fails what can no longer be sent because the port was connected meanwhile', () => {
    const { protocol, transport, clock } = stage();
    const sent = protocol.send('x', PEER);
    transport.deliver(data(1, 'mine'), PEER);
    transport.connect(OTHER.host, OTHER.port);
    clock.advance(60);
    failureResultOf(sent, AddressError);
    expect(protocol.counters).to.deep.include({ pending: 0, unacknowledged: 0 });
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('does not run out of stack when a whole queue can no longer be sent', () => {
    const { protocol, transport, clock } = stage();
    const failures: Error[] = [];
    for (let i = 0; i < 4000; i++) protocol.send('x', PEER).addErrback((error) => failures.push(error));
    transport.connect(OTHER.host, OTHER.port);
    clock.advance(60);
    expect(failures).to.have.lengthOf(4000);
    expect(new Set(failures.map(({ name }) => name))).to.deep.equal(new Set(['AddressError']));
  });
});

describe('the window and the queue of a peer', () => {
  it('let 32 messages out, and the others as those are confirmed', () => {
    const { protocol, transport } = stage();
    for (let i = 0; i < 100; i++) void protocol.send(String(i), PEER);
    expect(identitiesOf(transport)).to.have.lengthOf(32);
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
    expect(identitiesOf(transport)).to.have.lengthOf(34);
    expect(protocol.counters.pending).to.equal(99);
  });

  it('are each peer’s own', () => {
    const { protocol, transport } = stage();
    for (let i = 0; i < 100; i++) void protocol.send(String(i), PEER);
    void protocol.send('to the other', OTHER);
    expect(copiesOf(transport)['to the other']).to.equal(1);
  });

  it('count a message as the packets that it takes', () => {
    const { protocol, transport } = stage();
    for (let i = 0; i < 10; i++) void protocol.send(Buffer.alloc(14_000), PEER);
    expect(transport.written).to.have.lengthOf(3);
    const { protocol: other, transport: large } = stage();
    for (let i = 0; i < 3; i++) void other.send(Buffer.alloc(65_000), PEER);
    expect(large.written).to.have.lengthOf(1);
  });

  it('keep the order in which messages first leave', () => {
    const { protocol, transport } = stage();
    for (let i = 0; i < 300; i++) void protocol.send(String(i), PEER);
    for (let i = 0; i < 300; i++) transport.deliver(recv(identitiesOf(transport)[i]!), PEER);
    expect(Object.keys(copiesOf(transport)).map(Number)).to.deep.equal(Array.from({ length: 300 }, (_, i) => i));
  });

  it('are full at 4096 messages or 4 MiB, with SendQueueFullError', () => {
    const { protocol } = stage();
    for (let i = 0; i < 32 + 4096; i++) void protocol.send('', PEER);
    expect(() => protocol.send('', PEER))
      .to.throw(SendQueueFullError)
      .that.deep.includes({ messages: 4096, bytes: 4096 * 5, code: 'ERR_PLAIT_SEND_QUEUE_FULL', address: PEER });
    void protocol.send('', OTHER);
    const { protocol: large } = stage();
    const fill = (): void => {
      for (let i = 0; i < 1000; i++) void large.send(Buffer.alloc(65_000), PEER);
    };
    expect(fill).to.throw(SendQueueFullError);
    expect(large.counters.pending).to.equal(1 + 64);
  });

  it('are as long as the program wants them', () => {
    const { protocol } = stage({ queue: { messages: 1, bytes: 100 } });
    for (let i = 0; i < 33; i++) void protocol.send('', PEER);
    expect(() => protocol.send('', PEER)).to.throw(SendQueueFullError);
  });

  it('say when there is room again', () => {
    const { protocol, transport } = stage({ queue: { messages: 4 } });
    successResultOf(protocol.whenWritable(PEER));
    for (let i = 0; i < 36; i++) void protocol.send(String(i), PEER);
    const writable = protocol.whenWritable(PEER);
    const confirmOne = (): void => transport.deliver(recv(identitiesOf(transport)[confirmed++]!), PEER);
    let confirmed = 0;
    writable.addCallback(() => protocol.send('now', PEER));
    assertNoResult(writable);
    confirmOne();
    expect(copiesOf(transport)).to.have.property('33');
    expect(writable.called).to.equal(true);
    while (confirmed < 37) confirmOne();
    expect(copiesOf(transport)).to.have.property('now');
    expect(successResultOf(writable)).to.deep.include({ attempts: 1 });
  });

  it('do not say that there is room when it is less than what was refused needs', () => {
    const { protocol, transport } = stage({ queue: { bytes: 10_000 } });
    for (let i = 0; i < 32; i++) void protocol.send('', PEER);
    void protocol.send(Buffer.alloc(6000), PEER);
    expect(() => protocol.send(Buffer.alloc(6000), PEER)).to.throw(SendQueueFullError);
    const writable = protocol.whenWritable(PEER);
    assertNoResult(writable);
    for (let i = 0; i < 8; i++) transport.deliver(recv(identitiesOf(transport)[i]!), PEER);
    successResultOf(writable);
    void protocol.send(Buffer.alloc(6000), PEER);
  });

  it('give up what has waited for half a minute', () => {
    const { protocol, transport, clock } = stage();
    const reasons: string[] = [];
    for (let i = 0; i < 1000; i++) {
      protocol.send(String(i), PEER).addErrback((error) => {
        const { reason, attempts } = error as DeliveryFailedError;
        reasons.push(`${reason} ${attempts}`);
      });
    }
    clock.advance(29.9);
    expect(reasons.filter((reason) => reason === 'deadline 0')).to.have.lengthOf(0);
    clock.advance(60);
    expect(reasons).to.have.lengthOf(1000);
    expect(new Set(reasons)).to.deep.equal(new Set(['attempts 6', 'deadline 0']));
    expect(new Set(Object.values(copiesOf(transport)))).to.deep.equal(new Set([6]));
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('go on with what waits when a message is cancelled', () => {
    const { protocol, transport } = stage();
    const sent = Array.from({ length: 34 }, (_, i) => protocol.send(String(i), PEER).addErrback(() => {}));
    sent[33]!.cancel();
    sent[0]!.cancel();
    expect(Object.keys(copiesOf(transport)))
      .to.include('32')
      .and.not.include('33');
  });

  it('spread messages over the round trip where that is long', () => {
    const { protocol, transport, clock } = stage();
    for (let i = 0; i < 5; i++) void protocol.send('first', PEER);
    clock.advance(0.1);
    for (const identity of identitiesOf(transport)) transport.deliver(recv(identity), PEER);
    transport.clear();
    for (let i = 0; i < 200; i++) void protocol.send(String(i), PEER);
    expect(transport.written).to.have.lengthOf(16);
    clock.advance(0.02);
    // A window of 32 in 0.1 s, and a quarter more: 8 in 0.02 s.
    expect(transport.written.length).to.be.within(23, 25);
  });

  it('do not spread them where it is short', () => {
    const { protocol, transport, clock } = stage();
    void protocol.send('first', PEER);
    clock.advance(0.004);
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
    transport.clear();
    for (let i = 0; i < 200; i++) void protocol.send(String(i), PEER);
    expect(transport.written).to.have.lengthOf(32);
  });
});

describe('a message that was overtaken', () => {
  /** A message on its way for 0.02 s, and four for none, after a round trip of 0.01 s. */
  const scene = (): ReturnType<typeof stage> & { confirm(...texts: number[]): void } => {
    const made = stage();
    const { protocol, transport, clock } = made;
    void protocol.send('first', PEER);
    clock.advance(0.01);
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
    transport.clear();
    for (let i = 0; i < 5; i++) {
      protocol.send(String(i), PEER).addErrback(() => {});
      if (i === 0) clock.advance(0.02);
    }
    const identities = identitiesOf(transport);
    return { ...made, confirm: (...texts) => texts.forEach((i) => transport.deliver(recv(identities[i]!), PEER)) };
  };

  it('by three is sent again at once when it is late', () => {
    const { transport, clock, confirm } = scene();
    clock.advance(0.01);
    confirm(1, 2);
    expect(copiesOf(transport)).to.include({ 0: 1 });
    confirm(3);
    expect(copiesOf(transport)).to.deep.equal({ 0: 2, 1: 1, 2: 1, 3: 1, 4: 1 });
    confirm(4);
    expect(copiesOf(transport)).to.deep.equal({ 0: 2, 1: 1, 2: 1, 3: 1, 4: 1 });
  });

  it('is not sent again before it is late', () => {
    const { protocol, transport, clock } = scene();
    transport.clear();
    for (const text of 'abcde') protocol.send(text, PEER).addErrback(() => {});
    const identities = identitiesOf(transport);
    clock.advance(0.01);
    for (const i of [1, 2, 3]) transport.deliver(recv(identities[i]!), PEER);
    expect(copiesOf(transport)).to.include({ a: 1 });
    clock.advance(0.02);
    transport.deliver(recv(identities[4]!), PEER);
    expect(copiesOf(transport)).to.include({ a: 2 });
  });

  it('has the wait of a first copy after the second, and as many copies by time as others', () => {
    const { transport, clock, confirm } = scene();
    clock.advance(0.01);
    confirm(1, 2, 3, 4);
    clock.advance(0.149);
    expect(copiesOf(transport)).to.include({ 0: 2 });
    clock.advance(0.02);
    expect(copiesOf(transport)).to.include({ 0: 3 });
    clock.advance(60);
    expect(copiesOf(transport)).to.include({ 0: 7 });
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it(
    'and lost twice leaves its place to others, while it waits for its timer',
    simulation({ loss: 0.2, latency: 0.0001 }, (network) => {
      const [here, there] = [network.host('here'), network.host('there')];
      const [sender, receiver] = [new Listener(), new Listener()];
      here.reactor.listenUDP(7, sender);
      there.reactor.listenUDP(7, receiver);
      for (let i = 0; i < 1000; i++) sender.send(String(i), { host: there.address, port: 7 }).addErrback(() => {});
      network.advance(0.1); // no timer runs before 0.15 s
      expect(receiver.messages.length).to.be.greaterThan(900);
      network.advance(10);
      expect(receiver.messages.length).to.be.greaterThan(990); // some are lost six times
    }),
  );

  it('is waited for the longer where packets overtake each other all the time', () => {
    const { protocol, transport, clock } = stage();
    // One a 0.01 s, of which each fifth takes 0.045 s there and back instead of 0.01 s.
    for (let i = 0; i < 200; i++) {
      if (i === 100) transport.clear();
      void protocol.send(String(i), PEER);
      const identity = identitiesOf(transport).at(-1)!;
      clock.callLater(i % 5 === 0 ? 0.045 : 0.01, () => transport.deliver(recv(identity), PEER));
      clock.advance(0.01);
    }
    const again = Object.values(copiesOf(transport)).filter((copies) => copies > 1);
    expect(again).to.deep.equal([]);
  });

  it('can be confirmed, or cancelled, before its turn to be sent again', () => {
    for (const way of ['confirm', 'cancel'] as const) {
      const { protocol, transport, clock } = stage();
      const first = protocol.send('first', PEER);
      clock.advance(0.02);
      transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
      successResultOf(first);
      transport.clear();
      const sent = Array.from({ length: 300 }, (_, i) => protocol.send(String(i), PEER).addErrback(() => {}));
      clock.advance(0.06);
      // All but the last of those on their way are lost; the pace lets but some of them leave again.
      const identities = identitiesOf(transport);
      transport.deliver(recv(identities.at(-1)!), PEER);
      const again = transport.written.length - identities.length;
      expect(again).to.be.within(1, identities.length - 2);
      const last = identities.length - 2;
      if (way === 'confirm') transport.deliver(recv(identities[last]!), PEER);
      else sent[last]!.cancel();
      clock.advance(0.1);
      expect(copiesOf(transport)).to.include({ [last - 1]: 2, [last]: 1 });
    }
  });

  it('is sent again within the window, where many were lost', () => {
    const { protocol, transport, clock } = stage();
    void protocol.send('first', PEER);
    clock.advance(0.001);
    transport.deliver(recv(identitiesOf(transport)[0]!), PEER);
    transport.clear();
    for (let i = 0; i < 300; i++) protocol.send(String(i), PEER).addErrback(() => {});
    expect(transport.written).to.have.lengthOf(32);
    clock.advance(0.0035);
    transport.deliver(recv(identitiesOf(transport)[31]!), PEER);
    // The window was cut to 23, and two were not overtaken by three.
    expect(Object.values(copiesOf(transport)).filter((copies) => copies === 2)).to.have.lengthOf(21);
    expect(transport.written).to.have.lengthOf(32 + 1 + 21);
  });
});

describe('the round trip of a peer', () => {
  const exchange = ({ protocol, transport, clock }: ReturnType<typeof stage>, seconds: number): number => {
    const before = transport.written.length;
    const sent = protocol.send('x', PEER);
    const identity = transport.written[before]!.data.readUInt32BE(1);
    clock.advance(seconds);
    transport.deliver(recv(identity), PEER);
    return successResultOf(sent).attempts;
  };

  it('decides when a message is sent again', () => {
    const scene = stage();
    exchange(scene, 0.001);
    scene.transport.clear();
    void scene.protocol.send('x', PEER);
    scene.clock.advance(0.17);
    expect(scene.transport.written).to.have.lengthOf(2);
  });

  for (const seconds of [0.8, 1.6]) {
    it(`is learnt in the end, and then nothing is sent twice, on a path of ${seconds} seconds there and back`, () => {
      const scene = stage();
      const attempts = Array.from({ length: 20 }, () => exchange(scene, seconds));
      expect(attempts.slice(0, 3).every((each) => each > 1)).to.equal(true);
      expect(attempts.slice(7)).to.deep.equal(new Array(13).fill(1));
    });
  }

  it('is learnt from messages of which many are on their way, too', () => {
    const { protocol, transport, clock } = stage();
    let attempts: number[] = [];
    for (let round = 0; round < 8; round++) {
      attempts = [];
      transport.clear();
      for (let i = 0; i < 20; i++) protocol.send('x', PEER).addCallback((receipt) => attempts.push(receipt.attempts));
      const sent = identitiesOf(transport);
      clock.advance(1.6);
      for (const identity of new Set([...sent, ...identitiesOf(transport)])) transport.deliver(recv(identity), PEER);
      clock.advance(1.6);
      for (const identity of identitiesOf(transport)) transport.deliver(recv(identity), PEER);
    }
    expect(attempts).to.deep.equal(new Array(20).fill(1));
  });
});

describe('RECV', () => {
  it('is obeyed from the peer only', () => {
    const { protocol, transport, written } = stage();
    const sent = protocol.send('x', PEER);
    const [identity = 0] = identitiesOf(transport);
    written();
    for (const from of [OTHER, { host: PEER.host, port: 2222 }]) transport.deliver(recv(identity), from);
    transport.deliver(recv(identity + 1), PEER);
    assertNoResult(sent);
    expect(written()).to.deep.equal([]);
    transport.deliver(recv(identity), PEER);
    successResultOf(sent);
  });

  it('is obeyed from the peer however its address is spelled', () => {
    const { protocol, transport } = stage({}, new FakeDatagramTransport({ host: '::' }));
    const sent = protocol.send('x', { host: '2001:DB8:0::1', port: 9 });
    transport.deliver(recv(identitiesOf(transport)[0]!), { host: '2001:db8::1', port: 9 });
    successResultOf(sent);
  });

  it('is obeyed from anybody who knows the identity, where the program allows it', () => {
    const { protocol, transport } = stage({ anyAddress: true });
    const sent = protocol.send('x', PEER);
    const [identity = 0] = identitiesOf(transport);
    transport.deliver(recv(identity), OTHER);
    expect(successResultOf(sent).attempts).to.equal(1);
    expect(transport.written.at(-1)).to.deep.equal({ data: ack(identity), address: OTHER });
  });

  it('is answered again as long as the peer repeats it', () => {
    const { protocol, transport, clock, written } = stage();
    void protocol.send('x', PEER);
    const [identity = 0] = identitiesOf(transport);
    written();
    for (let i = 0; i < 10; i++) {
      transport.deliver(recv(identity), PEER);
      clock.advance(0.5);
    }
    expect(written()).to.deep.equal(new Array(10).fill(`ACK ${identity}`));
  });

  it('is answered, too, when it comes after all was given up', () => {
    const { protocol, transport, clock, written } = stage();
    const sent = protocol.send('x', PEER);
    const [identity = 0] = identitiesOf(transport);
    clock.advance(60);
    failureResultOf(sent);
    written();
    transport.deliver(recv(identity), PEER);
    expect(written()).to.deep.equal([`ACK ${identity}`]);
  });

  it('of an unknown message is left without an answer', () => {
    const { protocol, transport, written } = stage();
    transport.deliver(recv(1), PEER);
    void protocol.send('x', OTHER);
    const [identity = 0] = identitiesOf(transport);
    transport.deliver(recv(identity), OTHER);
    written();
    transport.deliver(recv(2), OTHER);
    transport.deliver(recv(identity), PEER);
    expect(written()).to.deep.equal([]);
  });

  it('that comes after the port was stopped is too late', () => {
    const { protocol, transport, clock } = stage();
    const sent = protocol.send('x', PEER);
    const [identity = 0] = identitiesOf(transport);
    void transport.stopListening();
    transport.deliver(recv(identity), PEER);
    clock.advance(0);
    expect(failureResultOf(sent, DeliveryFailedError).reason).to.equal('stopped');
  });
});
