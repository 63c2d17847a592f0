import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type Address, DatagramInbox, type DatagramInboxOptions, type ReceivedDatagram } from '../../index.js';
import { FakeDatagramTransport } from '../../testing.js';

const PEER: Address = { host: '192.0.2.1', port: 7 };

function inboxOn(transport: FakeDatagramTransport, options?: DatagramInboxOptions): DatagramInbox {
  const inbox = new DatagramInbox(options);
  void inbox.makeConnection(transport);
  return inbox;
}

function stop(transport: FakeDatagramTransport): void {
  void transport.stopListening();
  transport.clock.advance(0);
}

async function textsOf(inbox: DatagramInbox): Promise<string[]> {
  const texts: string[] = [];
  for await (const [data] of inbox) texts.push(data.toString());
  return texts;
}

describe('DatagramInbox', () => {
  it('gives each datagram and where it came from, in order', async () => {
    const transport = new FakeDatagramTransport();
    const inbox = inboxOn(transport);
    const other = { host: '198.51.100.2', port: 9 };
    transport.deliver('1', PEER);
    transport.deliver('2', other);
    stop(transport);
    const received: ReceivedDatagram[] = [];
    for await (const each of inbox) received.push(each);
    expect(received).to.deep.equal([
      [Buffer.from('1'), PEER],
      [Buffer.from('2'), other],
    ]);
  });

  it('lets a loop wait for what is to come', async () => {
    const transport = new FakeDatagramTransport();
    const inbox = inboxOn(transport);
    const texts = textsOf(inbox);
    for (const text of ['1', '2', '3']) {
      transport.deliver(text, PEER);
      await Promise.resolve();
    }
    stop(transport);
    expect(await texts).to.deep.equal(['1', '2', '3']);
  });

  it('ends when the port has stopped and what had arrived is taken', async () => {
    const transport = new FakeDatagramTransport();
    const inbox = inboxOn(transport);
    transport.deliver('before', PEER);
    stop(transport);
    expect(await textsOf(inbox)).to.deep.equal(['before']);
    expect(await textsOf(inbox)).to.deep.equal([]);
  });

  it('ends a loop that waits when the port stops', async () => {
    const transport = new FakeDatagramTransport();
    const texts = textsOf(inboxOn(transport));
    stop(transport);
    expect(await texts).to.deep.equal([]);
  });

  it('leaves the port open when a loop is left, and later loops go on', async () => {
    const transport = new FakeDatagramTransport();
    const inbox = inboxOn(transport);
    transport.deliver('1', PEER);
    transport.deliver('2', PEER);
    for await (const _ of inbox) break;
    expect(transport.stopped).to.equal(false);
    stop(transport);
    expect(await textsOf(inbox)).to.deep.equal(['2']);
  });

  it('can be put on another port after the first has stopped', async () => {
    const first = new FakeDatagramTransport();
    const inbox = inboxOn(first);
    stop(first);
    const second = new FakeDatagramTransport();
    void inbox.makeConnection(second);
    second.deliver('again', PEER);
    stop(second);
    expect(await textsOf(inbox)).to.deep.equal(['again']);
  });

  it('is shared by several loops, each datagram being for the one that waits longest', async () => {
    const transport = new FakeDatagramTransport();
    const inbox = inboxOn(transport);
    const [one, two] = [inbox[Symbol.asyncIterator](), inbox[Symbol.asyncIterator]()];
    const waiting = [one.next(), two.next(), one.next()];
    for (const text of ['1', '2', '3']) transport.deliver(text, PEER);
    const texts = (await Promise.all(waiting)).map(({ value }) => String((value as ReceivedDatagram)[0]));
    expect(texts).to.deep.equal(['1', '2', '3']);
  });

  it('has iterators that can be iterated over', async () => {
    const transport = new FakeDatagramTransport();
    const iterator = inboxOn(transport)[Symbol.asyncIterator]();
    expect(iterator[Symbol.asyncIterator]()).to.equal(iterator);
    expect(await iterator.return?.()).to.deep.equal({ done: true, value: undefined });
  });

  describe('its bound', () => {
    it('drops and counts what finds it full, and keeps what it has', async () => {
      const transport = new FakeDatagramTransport();
      const inbox = inboxOn(transport, { highWaterMark: 2 });
      for (const text of ['1', '2', '3', '4']) transport.deliver(text, PEER);
      expect(inbox.size).to.equal(2);
      expect(inbox.dropped).to.equal(2);
      stop(transport);
      expect(await textsOf(inbox)).to.deep.equal(['1', '2']);
    });

    it('does not count what is handed on at once', () => {
      const transport = new FakeDatagramTransport();
      const inbox = inboxOn(transport, { highWaterMark: 1 });
      const iterator = inbox[Symbol.asyncIterator]();
      void iterator.next();
      void iterator.next();
      for (const text of ['1', '2', '3']) transport.deliver(text, PEER);
      expect(inbox.size).to.equal(1);
      expect(inbox.dropped).to.equal(0);
    });

    it('is 1024 datagrams where none is given', () => {
      const transport = new FakeDatagramTransport();
      const inbox = inboxOn(transport);
      for (let i = 0; i < 1025; i++) transport.deliver('x', PEER);
      expect(inbox.size).to.equal(1024);
      expect(inbox.dropped).to.equal(1);
    });

    for (const highWaterMark of [0, -1, 1.5, NaN, Infinity, '7' as never]) {
      it(`cannot be ${String(highWaterMark)}`, () => {
        expect(() => new DatagramInbox({ highWaterMark })).to.throw(RangeError, 'high-water mark');
      });
    }

    it('holds, and nothing is lost, doubled or turned around below it, whatever the order of events', async () => {
      const steps = fc.array(fc.constantFrom('arrive', 'take'), { maxLength: 400 });
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 100 }), steps, async (highWaterMark, order) => {
          const transport = new FakeDatagramTransport();
          const inbox = inboxOn(transport, { highWaterMark });
          const iterator = inbox[Symbol.asyncIterator]();
          const model = { kept: [] as number[], waiting: 0, given: [] as number[], dropped: 0 };
          const taken: Promise<IteratorResult<ReceivedDatagram>>[] = [];
          let next = 0;
          for (const step of order) {
            if (step === 'take') {
              taken.push(iterator.next());
              const first = model.kept.shift();
              if (first === undefined) model.waiting++;
              else model.given.push(first);
            } else {
              const each = next++;
              transport.deliver(String(each), PEER);
              if (model.waiting > 0) {
                model.waiting--;
                model.given.push(each);
              } else if (model.kept.length < highWaterMark) model.kept.push(each);
              else model.dropped++;
            }
            expect(inbox.size).to.equal(model.kept.length);
            expect(inbox.dropped).to.equal(model.dropped);
          }
          stop(transport);
          const results = await Promise.all(taken);
          const given = results.filter(({ done }) => done !== true).map(({ value }) => Number((value as unknown[])[0]));
          expect(given).to.deep.equal(model.given);
          expect(results.length - given.length).to.equal(model.waiting);
          expect((await textsOf(inbox)).map(Number)).to.deep.equal(model.kept);
        }),
      );
    });
  });

  describe('its signal', () => {
    it('ends a loop that waits with its reason, and leaves the port open', async () => {
      const transport = new FakeDatagramTransport();
      const controller = new AbortController();
      const texts = textsOf(inboxOn(transport, { signal: controller.signal }));
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await rejectionOf(texts)).to.equal(reason);
      expect(transport.stopped).to.equal(false);
    });

    it('ends a loop that begins after it was aborted', async () => {
      const transport = new FakeDatagramTransport();
      const reason = new Error('enough');
      const inbox = inboxOn(transport, { signal: AbortSignal.abort(reason) });
      transport.deliver('x', PEER);
      expect(await rejectionOf(textsOf(inbox))).to.equal(reason);
    });

    it('is listened to while somebody waits only', async () => {
      const transport = new FakeDatagramTransport();
      const { signal } = new AbortController();
      const listeners = (): number => getEventListeners(signal, 'abort').length;
      const inbox = inboxOn(transport, { signal });
      expect(listeners()).to.equal(0);
      const [first, second] = [inbox[Symbol.asyncIterator]().next(), inbox[Symbol.asyncIterator]().next()];
      expect(listeners()).to.equal(1);
      transport.deliver('1', PEER);
      expect(listeners()).to.equal(1);
      transport.deliver('2', PEER);
      expect(listeners()).to.equal(0);
      await Promise.all([first, second]);
      const last = inbox[Symbol.asyncIterator]().next();
      expect(listeners()).to.equal(1);
      stop(transport);
      expect(await last).to.include({ done: true });
      expect(listeners()).to.equal(0);
    });

    it('is not listened to any more when it has aborted', async () => {
      const controller = new AbortController();
      const texts = textsOf(inboxOn(new FakeDatagramTransport(), { signal: controller.signal }));
      controller.abort(new Error('enough'));
      await rejectionOf(texts);
      expect(getEventListeners(controller.signal, 'abort')).to.deep.equal([]);
    });

    it('changes nothing once the port has stopped and the loop is over', async () => {
      const transport = new FakeDatagramTransport();
      const controller = new AbortController();
      const texts = textsOf(inboxOn(transport, { signal: controller.signal }));
      stop(transport);
      expect(await texts).to.deep.equal([]);
      controller.abort();
    });
  });
});

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was fulfilled');
}
