/**
 * Framing protocols on a transport that is a StreamTransport and no more: one that a test or a wrapper has made.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { HookResult, StreamTransport } from '../../../index.js';
import type { FramedProtocol } from '../../../protocols/index.js';
import { encodeAll, SUBJECTS } from './subjects.js';

class PlainTransport {
  readonly calls: string[] = [];
  disconnecting = false;

  loseConnection(): void {
    this.disconnecting = true;
  }

  pauseProducing(): void {
    this.calls.push('pause');
  }

  resumeProducing(): void {
    this.calls.push('resume');
  }

  stopProducing(): void {
    this.calls.push('stop');
  }
}

for (const subject of SUBJECTS) {
  describe(`${subject.name}, on another transport`, () => {
    function connected(take: (text: string, protocol: FramedProtocol) => HookResult): {
      protocol: FramedProtocol;
      transport: PlainTransport;
      received: string[];
    } {
      const received: string[] = [];
      const protocol: FramedProtocol = subject.receiver((message) => {
        received.push(message.toString());
        return take(message.toString(), protocol);
      });
      const transport = new PlainTransport();
      void protocol.makeConnection(transport as unknown as StreamTransport);
      return { protocol, transport, received };
    }

    it('is paused and resumed in the middle of a chunk, and pauses the transport', () => {
      const { protocol, transport, received } = connected((_, { pauseProducing }) => pauseProducing.call(protocol));
      void protocol.dataReceived(encodeAll(subject, ['one', 'two', 'three']));
      expect(received).to.deep.equal(['one']);
      protocol.resumeProducing();
      expect(received).to.deep.equal(['one', 'two']);
      expect(transport.calls).to.deep.equal(['pause', 'resume', 'pause']);
    });

    it('delivers nothing once it is disconnecting, and keeps nothing of what still comes', () => {
      const { protocol, received } = connected((_, { transport }) => transport.loseConnection());
      void protocol.dataReceived(encodeAll(subject, ['one', 'two']));
      protocol.clearBuffer();
      void protocol.dataReceived(encodeAll(subject, ['three']));
      expect(received).to.deep.equal(['one']);
      expect(protocol.clearBuffer()).to.have.length(0);
    });

    it('delivers nothing after stopProducing', () => {
      const { protocol, transport, received } = connected(() => protocol.stopProducing());
      void protocol.dataReceived(encodeAll(subject, ['one', 'two']));
      expect(received).to.deep.equal(['one']);
      expect(transport.calls).to.deep.equal(['stop']);
    });

    it('gives the failure of an async hook to who has called dataReceived, also when another one is pending', async () => {
      const { protocol } = connected((text) =>
        text === 'two' ? Promise.reject(new Error('in two')) : new Promise(() => {}),
      );
      const result = protocol.dataReceived(encodeAll(subject, ['one', 'two', 'three'])) as Promise<unknown>;
      expect(await result.catch((error: Error) => error.message)).to.equal('in two');
    });

    it('throws what a hook throws to who has resumed it', () => {
      const { protocol } = connected((text) => {
        if (text === 'two') throw new Error('in two');
        protocol.pauseProducing();
      });
      void protocol.dataReceived(encodeAll(subject, ['one', 'two']));
      expect(() => protocol.resumeProducing()).to.throw('in two');
    });
  });
}
