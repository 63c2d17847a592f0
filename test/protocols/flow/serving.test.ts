import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Address, Deferred, type DatagramTransport } from '../../../index.js';
import { FlowAllocator, PeerGone } from '../../../protocols/index.js';
import { inWorld, NAME, type Raw, Recorder, type World } from './world.js';

/** A client that says what the test says, from one port. */
class ScriptedClient {
  readonly raw: Raw;
  readonly port: DatagramTransport;
  readonly #world: World;

  constructor(world: World, host = world.client, port = 0) {
    this.#world = world;
    ({ raw: this.raw, port: this.port } = world.raw(host, port));
  }

  /** Sends a request, and lets it arrive, and the echo, if there is one. */
  request(name = NAME): void {
    this.port.write(name, this.#world.listening);
    this.#world.network.advance(0.01);
  }

  /** Sends to the port where an echo came from, the last one if it is not said which. */
  send(text: string, to: Address = this.raw.heard.at(-1)!.from): void {
    this.port.write(text, to);
    this.#world.network.advance(0.01);
  }

  /** The ports that the echoes came from. */
  get echoedFrom(): number[] {
    return this.raw.heard.filter(({ text }) => text === NAME).map(({ from }) => from.port);
  }
}

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
