import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred, type DatagramTransport } from '../../../index.js';
import { PeerGone } from '../../../protocols/index.js';
import { ScriptedClient } from './scripted-client.js';
import { inWorld, NAME, Recorder } from './world.js';

describe('a copy of a request', () => {
  it(
    'is echoed again from the same port, and the application is not asked again',
    inWorld((world) => {
      const client = new ScriptedClient(world);
      for (let i = 0; i < 3; i++) client.request();
      expect(client.raw.texts).to.deep.equal([NAME, NAME, NAME]);
      expect(new Set(client.echoedFrom).size).to.equal(1);
      expect(world.requests).to.have.length(1);
      expect(world.serving.flows.size).to.equal(1);
    }),
  );

  it(
    'is met with silence once the flow was used, be it accepted or not',
    inWorld((world) => {
      const client = new ScriptedClient(world);
      client.request();
      client.send('used');
      client.request();
      expect(client.raw.texts).to.deep.equal([NAME]);

      const answer = new Deferred<Recorder>();
      world.serving.register('slow', () => answer);
      const other = new ScriptedClient(world);
      other.request('slow');
      other.send('used');
      other.request('slow');
      expect(other.raw.texts).to.deep.equal(['slow']);
    }),
  );

  it(
    'is met with silence until the application has accepted, where the echo waits for that',
    inWorld({ server: { echo: 'on-accept' } }, (world) => {
      const answer = new Deferred<Recorder>();
      let asked = 0;
      world.serving.register('slow', () => {
        asked++;
        return answer;
      });
      const client = new ScriptedClient(world);
      client.request('slow');
      client.request('slow');
      expect(client.raw.texts).to.deep.equal([]);
      answer.callback(new Recorder());
      world.network.advance(0.01);
      expect(client.raw.texts).to.deep.equal(['slow']);
      client.request('slow');
      expect(client.raw.texts).to.deep.equal(['slow', 'slow']);
      expect(asked).to.equal(1);
    }),
  );

  it(
    'that was rejected is met with silence for the pending timeout, and another name is not',
    inWorld({ server: { pendingTimeout: 10 } }, (world) => {
      let asked = 0;
      world.serving.register('moody', () => (++asked === 1 ? null : new Recorder()));
      const client = new ScriptedClient(world);
      client.request('moody');
      client.request('moody');
      world.network.advance(9.9);
      client.request('moody');
      expect([asked, client.raw.texts]).to.deep.equal([1, ['moody']]);
      client.request();
      expect(client.raw.texts).to.deep.equal(['moody', NAME]);

      const later = new ScriptedClient(world);
      asked = 0;
      later.request('moody');
      world.network.advance(10);
      later.request('moody');
      expect([asked, later.raw.texts]).to.deep.equal([2, ['moody', 'moody']]);
    }),
  );

  it(
    'keeps a flow that waits to be used alive',
    inWorld({ server: { pendingTimeout: 10 } }, (world) => {
      const client = new ScriptedClient(world);
      client.request();
      for (let i = 0; i < 3; i++) {
        world.network.advance(8);
        client.request();
      }
      expect(client.echoedFrom).to.have.length(4);
      expect(world.served[0]!.flow.state).to.equal('allocated');
      world.network.advance(10);
      expect(world.served[0]!.events).to.deep.equal(['allocated', 'deallocated FlowTimeoutError']);
    }),
  );
});

describe('a request from a port that has a flow', () => {
  it(
    'for another name is met with silence while the flow is there',
    inWorld((world) => {
      world.serving.register('other', () => new Recorder());
      const client = new ScriptedClient(world);
      client.request();
      client.request('other');
      client.send('used');
      client.request('other');
      expect(client.raw.texts).to.deep.equal([NAME]);
      void world.served[0]!.flow.deallocate();
      world.network.advance(0.1);
      client.request('other');
      expect(client.raw.texts).to.deep.equal([NAME, 'other']);
    }),
  );

  it(
    'ends it 30 seconds after it was allocated, and begins a new one from a new port; before there is silence',
    inWorld((world) => {
      world.network.advance(100);
      const client = new ScriptedClient(world);
      client.request();
      client.send('used');
      const before = client.raw.heard[0]!.from;
      world.network.advance(29.9);
      client.request();
      expect(client.raw.texts).to.deep.equal([NAME]);
      expect(world.served[0]!.flow.state).to.equal('allocated');
      world.network.advance(0.1);
      client.request();
      expect(client.raw.texts).to.deep.equal([NAME, NAME]);
      const [first, second] = world.served;
      expect(first!.events).to.deep.equal(['allocated', 'data used', 'deallocated PeerGone']);
      expect(first!.reason).to.be.instanceOf(PeerGone);
      expect(first!.reason!.message).to.match(/it has begun anew$/);
      expect(second!.events).to.deep.equal(['allocated']);
      expect(client.raw.heard[1]!.from.port).to.not.equal(before.port);
      client.send('on the new flow');
      client.send('on the old flow', before);
      expect(second!.data).to.deep.equal(['on the new flow']);
      expect(first!.data).to.deep.equal(['used']);
    }),
  );

  it(
    'for another name ends it then, too',
    inWorld((world) => {
      const other = new Recorder();
      world.serving.register('other', () => other);
      const client = new ScriptedClient(world);
      client.request();
      client.send('used');
      world.network.advance(31);
      client.request('other');
      expect(other.events).to.deep.equal(['allocated']);
      expect(world.served[0]!.reason).to.be.instanceOf(PeerGone).with.property('flowName', NAME);
    }),
  );

  it(
    'does not end it for a name that nobody knows, or when there is no room for a new one',
    inWorld({ server: { maxPendingPerAddress: 1 } }, (world) => {
      const client = new ScriptedClient(world);
      client.request();
      client.send('used');
      world.network.advance(31);
      client.request('nobody');
      new ScriptedClient(world).request(); // now there is no room
      client.request();
      expect(world.served[0]!.flow.state).to.equal('allocated');
      expect(world.served).to.have.length(2);
    }),
  );

  it(
    'is known after the listening has ended and begun again',
    inWorld(async (world) => {
      const client = new ScriptedClient(world);
      client.request();
      world.network.advance(1);
      const [port] = world.server.reactor.openHandles();
      void (port as unknown as DatagramTransport).stopListening();
      world.network.advance(0.1);
      client.request();
      expect(client.raw.texts).to.deep.equal([NAME]);
      world.serving.listen();
      client.request();
      expect(client.raw.texts).to.deep.equal([NAME, NAME]);
      expect(world.requests).to.have.length(1);
    }),
  );
});
