/**
 * What all framings promise: messages come out as they went in, however the stream was cut.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { LineOnlyReceiver } from '../../../protocols/index.js';
import { connect, connectReceiver, cut, encodeAll, inPieces, messages, places, SUBJECTS } from './subjects.js';

for (const subject of SUBJECTS) {
  describe(`${subject.name}, as every framing`, () => {
    it('gives the same messages for any split of the input', () => {
      fc.assert(
        fc.property(messages, places, (sent, ends) => {
          const { transport, received } = connectReceiver(subject);
          for (const piece of cut(encodeAll(subject, sent), ends)) transport.deliver(piece);
          expect(received).to.deep.equal(sent.map((message) => message.toString('latin1')));
        }),
      );
    });

    it('receives byte by byte', () => {
      const { transport, received } = connectReceiver(subject);
      for (const piece of inPieces(encodeAll(subject, ['one', '', 'three']), 1)) transport.deliver(piece);
      expect(received).to.deep.equal(['one', '', 'three']);
    });

    it('sends what a peer of its class receives', () => {
      fc.assert(
        fc.property(messages, places, (sent, ends) => {
          const sender = subject.receiver(() => {});
          const from = connect(sender);
          const { transport: to, received } = connectReceiver(subject);
          for (const message of sent) subject.send(sender, message);
          for (const piece of cut(from.value(), ends)) to.deliver(piece);
          expect(received).to.deep.equal(sent.map((message) => message.toString('latin1')));
        }),
      );
    });

    it('sends text as UTF-8, and what was written may be reused at once', () => {
      const sender = subject.receiver(() => {});
      const from = connect(sender);
      const bytes = new Uint8Array(Buffer.from('größer'));
      subject.send(sender, 'größer');
      subject.send(sender, bytes);
      bytes.fill(0);
      const texts: string[] = [];
      connect(subject.receiver((message) => void texts.push(message.toString()))).deliver(from.value());
      expect(texts).to.deep.equal(['größer', 'größer']);
    });

    it('refuses to send what is neither bytes nor text', () => {
      const sender = subject.receiver(() => {});
      const transport = connect(sender);
      expect(() => subject.send(sender, 7 as never)).to.throw(TypeError, /not as number/);
      expect(() => subject.send(sender, null as never)).to.throw(TypeError, /not as null/);
      expect(transport.value()).to.have.length(0);
    });

    it('sends each message in one piece', () => {
      const sender = subject.receiver(() => {});
      const transport = connect(sender);
      let writes = 0;
      const { write } = transport;
      transport.write = (data) => {
        writes++;
        write.call(transport, data);
      };
      subject.send(sender, 'text');
      subject.send(sender, Buffer.from('bytes'));
      expect(writes).to.equal(2);
    });

    it('gives messages that later input does not change', () => {
      const kept: Buffer[] = [];
      const transport = connect(subject.receiver((message) => void kept.push(message)));
      for (const piece of inPieces(encodeAll(subject, ['aaaaaaa', 'bbbbbbb', 'ccccccc', 'ddddddd']), 3)) {
        transport.deliver(piece);
      }
      expect(kept.map(String)).to.deep.equal(['aaaaaaa', 'bbbbbbb', 'ccccccc', 'ddddddd']);
    });

    it('takes a message that lies in one chunk out of it without a copy', () => {
      const data = encodeAll(subject, ['first', 'second']);
      const parts: boolean[] = [];
      const protocol = subject.receiver((message) => void parts.push(message.buffer === data.buffer));
      connect(protocol);
      void protocol.dataReceived(data);
      expect(parts).to.deep.equal([true, true]);
    });

    it('delivers nothing of what came after the message at which the connection was closed', () => {
      for (const close of ['loseConnection', 'abortConnection'] as const) {
        const { transport, received } = connectReceiver(subject, (text, protocol) => {
          if (text === 'two') protocol.transport[close]();
        });
        transport.deliver(encodeAll(subject, ['one', 'two', 'three']));
        transport.deliver(encodeAll(subject, ['four']));
        expect(received).to.deep.equal(['one', 'two']);
      }
    });

    it('delivers nothing after stopProducing, which closes the connection', () => {
      const { transport, received } = connectReceiver(subject, (_, protocol) => protocol.stopProducing());
      transport.deliver(encodeAll(subject, ['one', 'two']));
      expect(received).to.deep.equal(['one']);
      expect(transport.disconnecting).to.equal(true);
    });

    it('works without a connection, as a mere decoder', () => {
      const texts: string[] = [];
      void subject.receiver((message) => void texts.push(String(message))).dataReceived(encodeAll(subject, ['a', 'b']));
      expect(texts).to.deep.equal(['a', 'b']);
    });

    it('ends the connection when its hook throws, and does not deliver the message again', () => {
      const { transport, received } = connectReceiver(subject, (text) => {
        if (text === 'two') throw new Error('two is too much');
      });
      expect(() => transport.deliver(encodeAll(subject, ['one', 'two', 'three']))).to.throw('two is too much');
      expect(transport.aborted).to.equal(true);
      expect(received).to.deep.equal(['one', 'two']);
    });

    it('gives what was not delivered to clearBuffer, the beginning of a message included', () => {
      fc.assert(
        fc.property(messages, fc.nat({ max: 300 }), places, (sent, missing, ends) => {
          const all = encodeAll(subject, sent);
          const data = all.subarray(0, Math.max(all.length - missing, 0));
          const received: Buffer[] = [];
          const protocol = subject.receiver((message) => void received.push(message));
          const transport = connect(protocol);
          for (const piece of cut(Buffer.from(data), ends)) transport.deliver(piece);
          const rest = protocol.clearBuffer();
          expect(Buffer.concat([encodeAll(subject, received), rest])).to.deep.equal(data);
          expect(protocol.clearBuffer()).to.have.length(0);
          transport.deliver(encodeAll(subject, ['anew']));
          expect(received.at(-1)?.toString()).to.equal('anew');
        }),
      );
    });

    it('lets its hook take the rest of the buffer, and decode a part of it', () => {
      // Each message is followed by bytes that are none, as where another protocol takes over for a moment.
      const { transport, received } = connectReceiver(subject, (_, protocol) => {
        const rest = protocol.clearBuffer();
        expect(rest.subarray(0, 3).toString()).to.equal('???');
        return protocol.dataReceived(rest.subarray(3));
      });
      transport.deliver(
        Buffer.concat(['a', 'b', 'c'].flatMap((text) => [encodeAll(subject, [text]), Buffer.from('???')])),
      );
      expect(received).to.deep.equal(['a', 'b', 'c']);
    });

    it('takes data that comes while its hook runs after what it has', () => {
      let more = 3;
      const { transport, received } = connectReceiver(subject, () => {
        if (more-- > 0) transport.deliver(encodeAll(subject, [`more ${more}`]));
      });
      transport.deliver(encodeAll(subject, ['one', 'two']));
      expect(received).to.deep.equal(['one', 'two', 'more 2', 'more 1', 'more 0']);
    });
  });
}

describe('the classes of lines', () => {
  it('do not look for delimiters in what they send', () => {
    const sender = SUBJECTS[0]!.receiver(() => {}) as unknown as LineOnlyReceiver;
    const transport = connect(sender);
    sender.sendLine('a\r\nb');
    expect(transport.value().toString()).to.equal('a\r\nb\r\n');
  });
});
