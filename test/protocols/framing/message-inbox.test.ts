/**
 * Messages taken with `for await`, of any framing: nothing is lost, nothing piles up, and the end is told.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { ConnectionAborted, ConnectionLost, Reactor } from '../../../index.js';
import {
  type Framing,
  LengthLimitError,
  lines,
  MessageInbox,
  type MessageInboxOptions,
  NetstringParseError,
  netstrings,
} from '../../../protocols/index.js';
import type { StringTransport } from '../../../testing.js';
import { connect, cut, encodeAll, messages, places, SUBJECTS } from './subjects.js';

function open(
  framing: Framing,
  options?: MessageInboxOptions,
): { inbox: MessageInbox; transport: StringTransport; next: () => Promise<string | undefined> } {
  const inbox = new MessageInbox(framing, options);
  const iterator = inbox[Symbol.asyncIterator]();
  return {
    inbox,
    transport: connect(inbox),
    next: async () => {
      const { value, done } = (await iterator.next()) as IteratorResult<Buffer, undefined>;
      return done ? undefined : value.toString();
    },
  };
}

async function all(inbox: MessageInbox): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of inbox) texts.push(message.toString('latin1'));
  return texts;
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('It should have failed'),
    (error: unknown) => error,
  );
}

for (const subject of SUBJECTS.filter(({ name }) => name !== 'LineReceiver')) {
  describe(`a MessageInbox with the framing of ${subject.name}`, () => {
    it('gives all messages, for any split of the input and any high-water mark', () =>
      fc.assert(
        fc.asyncProperty(
          messages,
          places,
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 600 }),
          async (sent, ends, highWaterMark, highWaterBytes) => {
            const { inbox, transport } = open(subject.framing, { highWaterMark, highWaterBytes });
            let done = false;
            const received = all(inbox).finally(() => (done = true));
            for (const piece of cut(encodeAll(subject, sent), ends)) {
              transport.deliver(piece);
              if (piece.length % 2 === 0) await null;
            }
            transport.deliverEnd();
            while (!done) {
              transport.clock.advance(0);
              await null;
            }
            expect(await received).to.deep.equal(sent.map((message) => message.toString('latin1')));
          },
        ),
      ));

    it('never holds more messages or bytes than it may, and is resumed when half of them are taken', async () => {
      for (const options of [{ highWaterMark: 4 }, { highWaterBytes: 40 }]) {
        const { inbox, transport, next } = open(subject.framing, options);
        transport.deliver(encodeAll(subject, new Array<string>(20).fill('ten bytes.')));
        expect(inbox.size).to.equal(4);
        expect(transport.producerState).to.equal('paused');
        await next();
        expect(inbox.size).to.equal(3);
        expect(transport.producerState).to.equal('paused');
        await next();
        expect(inbox.size).to.equal(4); // two were taken, two have come from what was kept back
        expect(transport.producerState).to.equal('paused');
        for (let i = 0; i < 16; i++) expect(await next()).to.equal('ten bytes.');
        expect(transport.producerState).to.equal('producing');
        expect(inbox.size).to.equal(2);
      }
    });

    it('sends messages', () => {
      const { inbox, transport } = open(subject.framing);
      inbox.send('text');
      inbox.send(Buffer.from('bytes'));
      expect(transport.value()).to.deep.equal(encodeAll(subject, ['text', 'bytes']));
    });
  });
}

describe('MessageInbox', () => {
  it('gives a message to who waits for it', async () => {
    const { inbox, transport, next } = open(lines());
    const first = next();
    const second = next();
    transport.deliver('one\r\ntwo\r\nthree\r\n');
    expect([await first, await second]).to.deep.equal(['one', 'two']);
    expect(inbox.size).to.equal(1);
    expect(await next()).to.equal('three');
  });

  it('can be waited for before there is a connection', async () => {
    const inbox = new MessageInbox(lines());
    const received = all(inbox);
    const transport = connect(inbox);
    transport.deliver('one\r\n');
    transport.disconnect();
    expect(await received).to.deep.equal(['one']);
  });

  it('is done when the connection was closed in good order, once what had arrived is taken', async () => {
    const { inbox, transport, next } = open(lines());
    transport.deliver('one\r\ntwo\r\nunfinished');
    transport.disconnect();
    expect(await all(inbox)).to.deep.equal(['one', 'two']);
    expect(await next()).to.equal(undefined);
  });

  it('tells who waits that the connection was closed', async () => {
    const { transport, next } = open(lines());
    const waiting = [next(), next()];
    transport.disconnect();
    expect(await Promise.all(waiting)).to.deep.equal([undefined, undefined]);
  });

  it('fails with the reason of any other end, once what had arrived is taken, and again each time', async () => {
    const { transport, next } = open(lines());
    transport.deliver('one\r\n');
    transport.disconnect(new Error('reset'));
    expect(await next()).to.equal('one');
    for (let i = 0; i < 2; i++) {
      const failure = await failureOf(next());
      expect(failure).to.be.instanceOf(ConnectionLost);
      expect(failure).to.have.nested.property('cause.message', 'reset');
    }
  });

  it('fails who waits when this end aborts the connection', async () => {
    const { transport, next } = open(lines());
    const waiting = [failureOf(next()), failureOf(next())];
    transport.abortConnection();
    transport.clock.advance(0);
    for (const failure of await Promise.all(waiting)) expect(failure).to.be.instanceOf(ConnectionAborted);
  });

  it('gives also what was kept back by a pause when the connection has ended', async () => {
    const { inbox, transport } = open(lines(), { highWaterMark: 1 });
    transport.deliver('one\r\ntwo\r\nthree\r\n');
    expect(inbox.size).to.equal(1);
    transport.disconnect();
    expect(await all(inbox)).to.deep.equal(['one', 'two', 'three']);
  });

  it('fails, and closes the connection, where the peer does not keep to the framing', async () => {
    const long = open(lines({ maxLength: 4 }));
    const waiting = failureOf(long.next());
    long.transport.deliver('fives\r\nsix\r\n');
    expect(await waiting)
      .to.be.instanceOf(LengthLimitError)
      .that.includes({ length: 5, limit: 4 });
    expect(long.transport.disconnecting).to.equal(true);
    long.transport.clock.advance(0);
    expect(await failureOf(long.next())).to.be.instanceOf(LengthLimitError);

    const broken = open(netstrings());
    broken.transport.deliver('1:a,1:b,x');
    expect(await broken.next()).to.equal('a');
    expect(await broken.next()).to.equal('b');
    expect(await failureOf(broken.next())).to.be.instanceOf(NetstringParseError);
  });

  it('takes any input without throwing, and without holding more than its marks and one message', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), places, fc.boolean(), async (bytes, ends, text) => {
        for (const { framing } of SUBJECTS) {
          const { inbox, transport } = open(framing, { highWaterMark: 3 });
          const data = Buffer.from(text ? bytes.map((byte) => [13, 10, 48, 49, 58, 44][byte % 6]!) : bytes);
          for (const piece of cut(data, ends)) {
            transport.deliver(piece);
            expect(inbox.size).to.be.at.most(3);
          }
          transport.disconnect();
          await all(inbox).catch((error: unknown) => {
            expect(error).to.satisfy((e: unknown) => e instanceof LengthLimitError || e instanceof NetstringParseError);
          });
        }
      }),
    ));

  it('stays open when a loop is left, so that another one goes on', async () => {
    const { inbox, transport } = open(lines());
    transport.deliver('header\r\n\r\nbody\r\n');
    const header: string[] = [];
    for await (const line of inbox) {
      if (line.length === 0) break;
      header.push(line.toString());
    }
    expect(transport.disconnecting).to.equal(false);
    transport.disconnect();
    expect([header, await all(inbox)]).to.deep.equal([['header'], ['body']]);
  });

  it('fails with the reason of its signal, and leaves the connection open', async () => {
    const controller = new AbortController();
    const { transport, next } = open(lines(), { signal: controller.signal });
    const waiting = [failureOf(next()), failureOf(next())];
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await Promise.all(waiting)).to.deep.equal([reason, reason]);
    transport.deliver('late\r\n');
    expect(await failureOf(next())).to.equal(reason);
    expect(transport.disconnecting).to.equal(false);
  });

  it('listens to its signal while somebody waits only', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    const { transport, next } = open(lines(), { signal });
    expect(listeners).to.equal(0);
    const first = next();
    const second = next();
    expect(listeners).to.equal(1);
    transport.deliver('one\r\n');
    expect(listeners).to.equal(1);
    transport.deliver('two\r\nthree\r\n');
    expect(listeners).to.equal(0);
    expect([await first, await second, await next()]).to.deep.equal(['one', 'two', 'three']);
    const last = next();
    expect(listeners).to.equal(1);
    transport.disconnect();
    expect(await last).to.equal(undefined);
    expect(listeners).to.equal(0);
  });

  it('refuses marks that are no integer of 1 or more', () => {
    for (const mark of [0, -1, 1.5, NaN, Infinity]) {
      expect(() => new MessageInbox(lines(), { highWaterMark: mark })).to.throw(RangeError, 'high-water mark');
      expect(() => new MessageInbox(lines(), { highWaterBytes: mark })).to.throw(RangeError, 'high-water mark');
    }
  });

  it('loses nothing between a fast sender and a slow loop, on real sockets', async () => {
    await using reactor = new Reactor();
    const COUNT = 1000;
    const inbox = new MessageInbox(lines(), { highWaterMark: 8 });
    const sender = new MessageInbox(lines());
    sender.connectionMade = () => {
      for (let i = 0; i < COUNT; i++) sender.send(`${i}:${'x'.repeat(i * 8)}`);
      sender.transport.loseConnection();
    };
    const port = reactor.listenTCP(0, () => inbox, { interface: '127.0.0.1' });
    reactor.connectTCP('127.0.0.1', (await port.listening).port, () => sender);
    let received = 0;
    for await (const message of inbox) {
      expect(message.toString()).to.equal(`${received}:${'x'.repeat(received * 8)}`);
      expect(inbox.size).to.be.at.most(8);
      received++;
      if (received % 100 === 0) await new Promise<void>((resolve) => reactor.callLater(0, resolve));
    }
    expect(received).to.equal(COUNT);
  });
});
