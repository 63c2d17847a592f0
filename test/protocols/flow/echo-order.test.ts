import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../index.js';
import { FlowTimeoutError, PeerGone } from '../../../protocols/index.js';
import { inWorld, NAME, outcomeOf, Recorder } from './world.js';

describe('the order of echo and answer', () => {
  it(
    'immediate: the echo leaves before the application has answered',
    inWorld((world) => {
      const answer = new Deferred<Recorder>();
      world.serving.register('slow', () => answer);
      const { protocol } = world.ask({ name: 'slow' });
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated']);
      expect([...world.serving.flows].map(({ state }) => state)).to.deep.equal(['pending']);
      const far = new Recorder();
      answer.callback(far);
      expect(far.events, 'in a later turn').to.deep.equal([]);
      world.network.advance(1);
      expect(far.events).to.deep.equal(['allocated']);
    }),
  );

  it(
    'immediate: a rejection shows as PeerGone when something is sent',
    inWorld((world) => {
      world.serving.register('never', () => null);
      const { protocol } = world.ask({ name: 'never' });
      world.network.advance(5);
      expect(protocol.events).to.deep.equal(['allocated']);
      expect(world.serverPorts).to.equal(0);
      protocol.flow.write('hello?');
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated', 'deallocated PeerGone']);
      expect(protocol.reason).to.be.instanceOf(PeerGone);
      expect(protocol.reason).to.include({ flowName: 'never', host: world.server.address });
      expect(world.serving.stats).to.include({ requests: 1, accepted: 0, rejected: 1 });
    }),
  );

  it(
    'on-accept: the echo leaves when the application has accepted',
    inWorld({ server: { echo: 'on-accept' } }, (world) => {
      const answer = new Deferred<Recorder>();
      world.serving.register('slow', () => answer);
      const { protocol } = world.ask({ name: 'slow' });
      world.network.advance(0.2);
      expect(protocol.events).to.deep.equal([]);
      expect(world.sent).to.deep.equal(['client ?slow']);
      answer.callback(new Recorder());
      world.network.advance(0.1);
      expect(protocol.events).to.deep.equal(['allocated']);
      expect(world.sent).to.deep.equal(['client ?slow', 'server slow']);
    }),
  );

  it(
    'on-accept: a rejection is silence, and the application is not asked about the copies',
    inWorld({ server: { echo: 'on-accept' } }, (world) => {
      let asked = 0;
      world.serving.register('never', () => {
        asked++;
        return null;
      });
      const { allocation } = world.ask({ name: 'never' });
      const outcome = outcomeOf(allocation);
      world.network.advance(25);
      expect(outcome.error).to.be.instanceOf(FlowTimeoutError);
      expect(outcome.error).to.include({
        awaited: 'echo',
        flowName: 'never',
        host: world.server.address,
        port: 3359,
        timeout: 20,
        attempts: 6,
      });
      expect(asked).to.equal(1);
      expect(world.sent.filter((line) => line.startsWith('server'))).to.deep.equal([]);
    }),
  );

  for (const echo of ['immediate', 'on-accept'] as const) {
    it(
      `${echo}: an unknown name is met with silence`,
      inWorld({ server: { echo } }, (world) => {
        const outcome = outcomeOf(world.ask({ name: 'nobody', timeout: 3, attempts: 2 }).allocation);
        world.network.advance(5);
        expect(outcome.error).to.be.instanceOf(FlowTimeoutError).with.property('attempts', 2);
        expect(outcome.error!.message).to.match(/within 3 s, after 2 requests$/);
        expect(world.sent).to.deep.equal(['client ?nobody', 'client ?nobody']);
        expect(world.serving.stats).to.include({ requests: 2, unknown: 2 });
        expect(world.serverPorts).to.equal(0);
      }),
    );

    it(
      `${echo}: a name that was unregistered is unknown; its flows stay`,
      inWorld({ server: { echo } }, (world) => {
        const { near, far } = world.connect();
        world.serving.unregister(NAME);
        world.serving.unregister(NAME);
        const outcome = outcomeOf(world.ask({ timeout: 1 }).allocation);
        near.flow.write('still there?');
        world.network.advance(2);
        expect(outcome.error).to.be.instanceOf(FlowTimeoutError);
        expect(far.data).to.deep.equal(['still there?']);
      }),
    );
  }

  it(
    'a name with a NUL behind it is known, and echoed as it came',
    inWorld((world) => {
      const { raw, port } = world.raw();
      port.write(`${NAME}\0`, world.listening);
      world.network.advance(1);
      expect(raw.texts).to.deep.equal([`${NAME}\0`]);
      expect(world.requests.map(({ name }) => name)).to.deep.equal([NAME]);
    }),
  );
});
