/**
 * A pause takes effect between two messages, also where both have come in one chunk.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Int32StringReceiver } from '../../../protocols/index.js';
import { connect, connectReceiver, cut, encodeAll, messages, places, SUBJECTS } from './subjects.js';

for (const subject of SUBJECTS) {
  describe(`${subject.name}, when it is paused`, () => {
    it('stops at once in the middle of a chunk, and goes on in order when it is resumed', () => {
      const { protocol, transport, received } = connectReceiver(subject, (text) => {
        if (text === 'pause') protocol.pauseProducing();
      });
      transport.deliver(encodeAll(subject, ['one', 'pause', 'two', 'pause', 'three']));
      expect(received).to.deep.equal(['one', 'pause']);
      expect(transport.producerState).to.equal('paused');
      protocol.resumeProducing();
      expect(received).to.deep.equal(['one', 'pause', 'two', 'pause']);
      expect(transport.producerState).to.equal('paused');
      protocol.resumeProducing();
      expect(received).to.deep.equal(['one', 'pause', 'two', 'pause', 'three']);
      expect(transport.producerState).to.equal('producing');
    });

    it('goes on by a timed call', () => {
      const { protocol, transport, received } = connectReceiver(subject, (text) => {
        if (text !== 'pause') return;
        protocol.pauseProducing();
        transport.clock.callLater(1, () => protocol.resumeProducing());
      });
      transport.deliver(encodeAll(subject, ['pause', 'one', 'pause', 'two']));
      transport.clock.advance(0.5);
      expect(received).to.deep.equal(['pause']);
      transport.clock.advance(0.5);
      expect(received).to.deep.equal(['pause', 'one', 'pause']);
      transport.clock.advance(1);
      expect(received).to.deep.equal(['pause', 'one', 'pause', 'two']);
    });

    it('keeps the order when data goes on arriving', () => {
      const { protocol, transport, received } = connectReceiver(subject);
      protocol.pauseProducing();
      const data = encodeAll(subject, ['one', 'two', 'three']);
      // As from a transport that has read this already.
      for (const piece of cut(data, [2, 4, 9])) void protocol.dataReceived(piece);
      expect(received).to.deep.equal([]);
      protocol.resumeProducing();
      expect(received).to.deep.equal(['one', 'two', 'three']);
      transport.deliver(encodeAll(subject, ['four']));
      expect(received).to.deep.equal(['one', 'two', 'three', 'four']);
    });

    it('delivers all that has arrived before the end of the connection, when it is resumed', () => {
      const { protocol, transport, received } = connectReceiver(subject, () => protocol.pauseProducing());
      transport.deliver(encodeAll(subject, ['one', 'two', 'three']));
      transport.deliverEnd();
      for (const count of [1, 2, 3]) {
        transport.clock.advance(1);
        expect(received).to.have.length(count);
        expect(transport.disconnecting).to.equal(false);
        protocol.resumeProducing();
      }
      transport.clock.advance(1);
      expect(received).to.deep.equal(['one', 'two', 'three']);
      expect(transport.producerState).to.equal('stopped');
    });

    it('is resumed inside its hook without a recursion', () => {
      let depth = 0;
      let deepest = 0;
      const { protocol, transport, received } = connectReceiver(subject, () => {
        deepest = Math.max(deepest, ++depth);
        protocol.pauseProducing();
        protocol.resumeProducing();
        depth--;
      });
      transport.deliver(encodeAll(subject, new Array<string>(20_000).fill('x')));
      expect(received).to.have.length(20_000);
      expect(deepest).to.equal(1);
    });

    it('gives the same messages whenever it is paused and resumed', () => {
      fc.assert(
        fc.property(messages, places, fc.array(fc.boolean(), { minLength: 1 }), (sent, ends, pauses) => {
          let count = 0;
          const { protocol, transport, received } = connectReceiver(subject, () => {
            if (!pauses[count++ % pauses.length]) return;
            protocol.pauseProducing();
            transport.clock.callLater(1 + (count % 3), () => protocol.resumeProducing());
          });
          for (const piece of cut(encodeAll(subject, sent), ends)) {
            transport.deliver(piece);
            transport.clock.advance(1);
          }
          transport.clock.advance(3 * sent.length);
          expect(received).to.deep.equal(sent.map((message) => message.toString('latin1')));
        }),
      );
    });

    it('can be the producer of another transport', () => {
      const { protocol, transport, received } = connectReceiver(subject, (text) => other.write(text.repeat(40_000)));
      const other = connect(new Int32StringReceiver());
      other.registerProducer(protocol, true);
      other.congest();
      transport.deliver(encodeAll(subject, ['a', 'b', 'c', 'd']));
      expect(received).to.deep.equal(['a', 'b']); // 80 000 bytes wait
      other.drain();
      expect(received).to.deep.equal(['a', 'b', 'c', 'd']);
    });
  });
}
