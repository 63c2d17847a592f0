/**
 * The bond of a framing protocol and its connection: also a pause of the transport itself takes effect between two
 * messages, and what hooks throw ends the connection, whoever has resumed it.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Reactor } from '../../../index.js';
import { type FramedProtocol, LineReceiver } from '../../../protocols/index.js';
import { connectReceiver, encodeAll, SUBJECTS } from './subjects.js';

for (const subject of SUBJECTS) {
  describe(`${subject.name}, when its transport is paused`, () => {
    it('stops at once in the middle of a chunk, and goes on when the transport is resumed', () => {
      const { protocol, transport, received } = connectReceiver(subject, (text) => {
        if (text === 'pause') protocol.transport.pauseProducing();
      });
      transport.deliver(encodeAll(subject, ['one', 'pause', 'two', 'pause', 'three']));
      expect(received).to.deep.equal(['one', 'pause']);
      transport.resumeProducing();
      expect(received).to.deep.equal(['one', 'pause', 'two', 'pause']);
      protocol.resumeProducing();
      expect(received).to.deep.equal(['one', 'pause', 'two', 'pause', 'three']);
    });

    it('goes on when the transport is resumed after a pause of its own', () => {
      const { transport, received } = connectReceiver(subject, (text, protocol) => {
        if (text === 'pause') protocol.pauseProducing();
      });
      transport.deliver(encodeAll(subject, ['pause', 'one']));
      transport.resumeProducing();
      expect(received).to.deep.equal(['pause', 'one']);
    });

    it('delivers nothing when it is resumed after the end of the connection', () => {
      const { protocol, transport, received } = connectReceiver(subject, () => protocol.pauseProducing());
      transport.deliver(encodeAll(subject, ['one', 'two']));
      transport.disconnect();
      protocol.resumeProducing();
      expect(received).to.deep.equal(['one']);
    });
  });
}

describe('what hooks of a framing protocol throw', () => {
  async function errorsOf(run: (protocol: FramedProtocol) => void, hook: (line: string) => unknown): Promise<string[]> {
    await using reactor = new Reactor();
    const errors: string[] = [];
    let lost: (reason: Error) => void;
    const reason = new Promise<Error>((resolve) => (lost = resolve));
    reactor.on('error', (error, origin) => errors.push(`${origin.hook}: ${error.message}`));
    class Server extends LineReceiver {
      override lineReceived(line: Buffer): Promise<void> | void {
        if (line.toString() === 'pause') {
          this.pauseProducing();
          this.transport.reactor.callLater(0, () => run(this));
        } else return hook(line.toString()) as void;
      }
      override connectionLost(why: Error): void {
        lost(why);
      }
    }
    const port = reactor.listenTCP(0, () => new Server(), { interface: '127.0.0.1' });
    reactor.connectTCP('127.0.0.1', (await port.listening).port, () => {
      const client = new LineReceiver();
      client.connectionMade = () => client.sendLine('pause\r\none\r\ntwo');
      return client;
    });
    errors.push(`lost: ${(await reason).message}`);
    return errors.sort();
  }

  it('ends the connection also where a timed call has resumed it', async () => {
    const fail = (line: string): void => {
      throw new Error(`in ${line}`);
    };
    expect(await errorsOf((protocol) => protocol.resumeProducing(), fail)).to.deep.equal([
      'dataReceived: in one',
      'lost: in one',
    ]);
    expect(await errorsOf((protocol) => protocol.transport.resumeProducing(), fail)).to.deep.equal([
      'dataReceived: in one',
      'lost: in one',
    ]);
  });

  it('is reported for each message of a chunk, where the hook is async', async () => {
    const fail = (line: string): Promise<void> => Promise.reject(new Error(`in ${line}`));
    const errors = await errorsOf((protocol) => protocol.resumeProducing(), fail);
    expect(errors.slice(0, 2)).to.deep.equal(['dataReceived: in one', 'dataReceived: in two']);
  });
});
