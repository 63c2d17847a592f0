import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FlowAllocator } from '../../../protocols/index.js';
import { inWorld, NAME, Recorder } from './world.js';

describe('writing on a flow', () => {
  it(
    'takes bytes and text, and nothing else',
    inWorld((world) => {
      const { near, far } = world.connect();
      near.flow.write(Uint8Array.of(104, 105));
      near.flow.write('zażółć');
      near.flow.write('');
      expect(() => near.flow.write(7 as never)).to.throw(TypeError);
      world.network.advance(1);
      expect(far.data).to.deep.equal(['hi', 'zażółć', '']);
      expect(near.flow.stats).to.deep.equal({ sent: 3, received: 0, dropped: 0 });
    }),
  );

  it(
    'copies what it is given',
    inWorld((world) => {
      const { near, far } = world.connect();
      const bytes = Buffer.from('before');
      near.flow.write(bytes);
      bytes.write('after!');
      world.network.advance(1);
      expect(far.data).to.deep.equal(['before']);
    }),
  );

  it(
    'throws NotConnectedError before the echo, as getPeer does, and after the end',
    inWorld((world) => {
      const { protocol } = world.ask();
      const error = { code: 'ERR_PLAIT_NOT_CONNECTED', message: 'The flow is pending' };
      expect(() => protocol.flow.write('early'))
        .to.throw()
        .that.includes(error);
      expect(() => protocol.flow.getPeer())
        .to.throw()
        .with.property('code', 'ERR_PLAIT_NOT_CONNECTED');
      world.network.advance(1);
      void protocol.flow.deallocate();
      expect(() => protocol.flow.write('late')).to.throw('The flow is deallocated');
    }),
  );

  it(
    'throws MessageLengthError for more than a datagram carries, at either end',
    inWorld((world) => {
      const { near, far } = world.connect();
      for (const { flow } of [near, far]) {
        expect(() => flow.write(Buffer.alloc(65508)))
          .to.throw()
          .that.includes({ code: 'ERR_PLAIT_MESSAGE_LENGTH', length: 65508, limit: 65507 });
      }
      near.flow.write(Buffer.alloc(65507));
      world.network.advance(1);
      expect(far.data[0]).to.have.length(65507);
    }),
  );

  it(
    'allows 20 bytes more over IPv6, unless the peer is one of IPv4',
    inWorld((world) => {
      const serving = new FlowAllocator(world.server.reactor);
      serving.listen({ interface: '::', port: 4000 });
      const far: Recorder[] = [];
      serving.register(NAME, () => far[far.push(new Recorder()) - 1]!);
      const six = new Recorder();
      void world.asking.allocate(NAME, 'server', six, { interface: '::', port: 4000 });
      void world.asking.allocate(NAME, 'server', new Recorder(), { port: 4000, announce: true });
      world.network.advance(1);
      six.flow.write(Buffer.alloc(65527));
      expect(() => six.flow.write(Buffer.alloc(65528)))
        .to.throw()
        .with.property('limit', 65527);
      world.network.advance(1);
      const limits = far.map(({ flow }) => {
        try {
          flow.write(Buffer.alloc(65528));
          return undefined;
        } catch (error) {
          return [flow.getPeer().host.startsWith('::ffff:'), (error as { limit: number }).limit];
        }
      });
      expect(limits).to.deep.include.members([
        [true, 65507],
        [false, 65527],
      ]);
      void serving.stop();
      world.network.advance(1);
    }),
  );
});
