import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Deferred } from '../../../index.js';
import { FlowAllocator } from '../../../protocols/index.js';
import { onFakePorts } from './fake-ports.js';
import { ScriptedClient } from './scripted-client.js';
import { inWorld, NAME, Recorder } from './world.js';

describe('serving a flow', () => {
  it(
    'gives each port of a client a flow of its own',
    inWorld((world) => {
      const clients = Array.from({ length: 4 }, () => new ScriptedClient(world));
      for (const client of clients) client.request();
      expect(new Set(clients.map((client) => client.echoedFrom[0])).size).to.equal(4);
      clients.forEach((client, i) => client.send(`from ${i}`));
      expect(world.served.map(({ data }) => data)).to.deep.equal(clients.map((_, i) => [`from ${i}`]));
    }),
  );

  it(
    'ignores what a third address sends to the flow’s port',
    inWorld((world) => {
      const client = new ScriptedClient(world);
      client.request();
      client.send('used');
      const other = new ScriptedClient(world, world.network.host('third'));
      other.send('forged', client.raw.heard[0]!.from);
      const neighbour = new ScriptedClient(world);
      neighbour.send('forged', client.raw.heard[0]!.from);
      client.send('again');
      expect(world.served[0]!.data).to.deep.equal(['used', 'again']);
      expect(world.served[0]!.flow.state).to.equal('allocated');
    }),
  );

  it(
    'does not begin a conversation with another server in whose name a request was forged',
    inWorld({ client: { pendingTimeout: 5 }, server: { pendingTimeout: 5 } }, (world) => {
      const listening = world.asking.listen();
      world.asking.register(NAME, () => new Recorder());
      listening.write(NAME, world.listening); // as if it came from the listen port of that server
      world.network.advance(10);
      // The request; its echo, which is a request there; the echo of that, which the first server's port refuses.
      expect(world.sent).to.deep.equal([`client ?${NAME}`, `server ?${NAME}`, `client ${NAME}`]);
      expect(world.asking.flows.size + world.serving.flows.size).to.equal(0);
    }),
  );

  it(
    'ignores a request from an address that nobody can be connected to',
    inWorld((world) => {
      const broadcast = world.network.host('forged', { addresses: ['10.255.255.255/8'] });
      new ScriptedClient(world, broadcast).request();
      expect(world.requests).to.deep.equal([]);
      expect(world.serving.stats).to.include({ requests: 1, limited: 1 });
      expect(world.serverPorts).to.equal(0);
    }),
  );

  it('ignores a request from port 0', () => {
    const { ports, allocator } = onFakePorts({});
    allocator.listen();
    allocator.register(NAME, () => new Recorder());
    ports[0]!.deliver(NAME, { host: '192.0.2.1', port: 0 });
    expect(allocator.stats).to.include({ requests: 1, unknown: 1 });
    expect(ports).to.have.length(1);
  });

  it(
    'serves a client whose port has the number of the listen port',
    inWorld((world) => {
      const client = new ScriptedClient(world, world.client, FlowAllocator.PORT);
      client.request();
      expect(client.raw.texts).to.deep.equal([NAME]);
    }),
  );

  for (const [what, bytes] of [
    ['an empty request', ''],
    ['a request with a NUL inside', `${NAME}\0junk`],
    ['a request of 256 bytes', 'x'.repeat(256)],
    ['a request that is no UTF-8', Buffer.from('caf\xe9', 'latin1')],
  ] as const) {
    it(
      `meets ${what} with silence`,
      inWorld((world) => {
        const client = new ScriptedClient(world);
        client.port.write(bytes, world.listening);
        world.network.advance(1);
        expect(client.raw.texts).to.deep.equal([]);
        expect(world.serving.stats.unknown).to.equal(1);
        expect(world.serving.flows.size).to.equal(0);
      }),
    );
  }

  it(
    'ends a flow whose echo is refused: there is nobody any more',
    inWorld((world) => {
      const client = new ScriptedClient(world);
      client.port.write(NAME, world.listening);
      void client.port.stopListening();
      world.network.advance(1);
      expect(world.served[0]!.events).to.deep.equal(['allocated', 'deallocated PeerGone']);
      expect(world.serving.flows.size).to.equal(0);
    }),
  );

  it(
    'ends a flow that the application is still asked about, without a hook, when its echo is refused',
    inWorld((world) => {
      const cancelled: string[] = [];
      const answer = new Deferred<Recorder>(() => cancelled.push('cancelled'));
      world.serving.register('slow', () => answer);
      const client = new ScriptedClient(world);
      client.port.write('slow', world.listening);
      void client.port.stopListening();
      world.network.advance(1);
      expect(cancelled).to.deep.equal(['cancelled']);
      expect(world.serving.flows.size).to.equal(0);
    }),
  );
});
