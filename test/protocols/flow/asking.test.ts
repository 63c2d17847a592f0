import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Address, AlreadyConnectedError, type DatagramTransport } from '../../../index.js';
import { FlowAllocator, FlowTimeoutError } from '../../../protocols/index.js';
import { inWorld, NAME, outcomeOf, type Raw, Recorder, type World } from './world.js';

/** A server that says what the test says: the port that is asked, and one for the flow. */
class ScriptedServer {
  readonly address: string;
  readonly asked: Raw;
  readonly #port: DatagramTransport;
  readonly flow: Raw;
  readonly flowPort: DatagramTransport;

  constructor(world: World) {
    const host = world.network.host('scripted');
    this.address = host.address;
    ({ raw: this.asked, port: this.#port } = world.raw(host, FlowAllocator.PORT));
    ({ raw: this.flow, port: this.flowPort } = world.raw(host));
  }

  /** Where the requests come from. */
  get client(): Address {
    return this.asked.heard[0]!.from;
  }

  /** Says something from the port for the flow. */
  say(text: string): void {
    this.flowPort.write(text, this.client);
  }

  /** Says something from the port that is asked. */
  sayFromListenPort(text: string): void {
    this.#port.write(text, this.client);
  }
}

describe('asking for a flow', () => {
  it(
    'repeats the request from the same port, with pauses that double, a quarter more or less',
    inWorld((world) => {
      const server = new ScriptedServer(world);
      void outcomeOf(world.asking.allocate(NAME, server.address, new Recorder()));
      world.network.advance(21);
      expect(server.asked.texts).to.deep.equal(Array.from({ length: 6 }, () => NAME));
      expect(new Set(server.asked.heard.map(({ from }) => from.port)).size).to.equal(1);
      const times = world.network.trace.events.flatMap((event) => (event.type === 'sent' ? [event.time] : []));
      times.slice(1).forEach((time, i) => {
        const pause = (time - times[i]!) / [0.5, 1, 2, 4, 8][i]!;
        expect(pause).to.be.within(0.75, 1.25);
        expect(pause).to.not.equal(1);
      });
    }),
  );

  it(
    'repeats no more often than it may, and waits for the echo until the timeout',
    inWorld((world) => {
      const server = new ScriptedServer(world);
      const ask = { attempts: 2, timeout: 60 };
      const outcome = outcomeOf(world.asking.allocate(NAME, server.address, new Recorder(), ask));
      world.network.advance(50);
      expect(server.asked.heard).to.have.length(2);
      expect(outcome).to.deep.equal({});
      server.say(NAME);
      world.network.advance(1);
      expect(outcome.value?.state).to.equal('allocated');
    }),
  );

  it(
    'stops repeating when there is an echo',
    inWorld((world) => {
      const server = new ScriptedServer(world);
      void world.asking.allocate(NAME, server.address, new Recorder());
      world.network.advance(0.1);
      server.say(NAME);
      world.network.advance(60);
      expect(server.asked.heard).to.have.length(1);
    }),
  );

  it(
    'swallows as many later echoes as it has sent copies',
    inWorld((world) => {
      const server = new ScriptedServer(world);
      const protocol = new Recorder();
      void world.asking.allocate(NAME, server.address, protocol);
      world.network.advance(2); // three requests
      expect(server.asked.heard).to.have.length(3);
      for (const text of [NAME, 'data', NAME, NAME, NAME]) server.say(text);
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated', 'data data', `data ${NAME}`]);
      expect(protocol.flow.stats.received).to.equal(2);
    }),
  );

  it(
    'takes data that equal the name for data, where no copy was sent',
    inWorld((world) => {
      const server = new ScriptedServer(world);
      const protocol = new Recorder();
      void world.asking.allocate(NAME, server.address, protocol);
      world.network.advance(0.1);
      server.say(NAME);
      server.say(NAME);
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated', `data ${NAME}`]);
    }),
  );

  it(
    'keeps to the first echo, when the copies are echoed from other ports',
    inWorld((world) => {
      const server = new ScriptedServer(world);
      const other = world.raw(world.network.host('other port', { addresses: ['10.9.9.9'] }));
      const protocol = new Recorder();
      void world.asking.allocate(NAME, server.address, protocol, { anyAddress: true });
      world.network.advance(1);
      server.say(NAME);
      other.port.write(NAME, server.client);
      world.network.advance(0.1);
      other.port.write('for somebody else', server.client);
      world.network.advance(0.1);
      expect(protocol.events).to.deep.equal(['allocated']);
      expect(protocol.flow.getPeer()).to.deep.include({
        host: server.address,
        port: server.flowPort.getHost().port,
      });
      expect(protocol.flow.state).to.equal('allocated');
    }),
  );

  for (const [what, say] of [
    ['other bytes', (server: ScriptedServer): void => server.say('echo-serve')],
    ['more bytes', (server: ScriptedServer): void => server.say(`${NAME}\0`)],
    ['nothing in it', (server: ScriptedServer): void => server.say('')],
    ['the port that was asked', (server: ScriptedServer): void => server.sayFromListenPort(NAME)],
  ] as const) {
    it(
      `does not take an echo of ${what}`,
      inWorld((world) => {
        const server = new ScriptedServer(world);
        const protocol = new Recorder();
        const outcome = outcomeOf(world.asking.allocate(NAME, server.address, protocol, { timeout: 2 }));
        world.network.advance(0.1);
        say(server);
        world.network.advance(2);
        expect(outcome.error).to.be.instanceOf(FlowTimeoutError);
        expect(protocol.events).to.deep.equal([]);
      }),
    );
  }

  it(
    'does not take an echo from another address, unless any will do',
    inWorld((world) => {
      const server = new ScriptedServer(world);
      const forger = world.raw(world.network.host('forger'));
      const [strict, lax] = [new Recorder(), new Recorder()];
      const outcome = outcomeOf(world.asking.allocate(NAME, server.address, strict, { timeout: 2 }));
      void world.asking.allocate(NAME, server.address, lax, { anyAddress: true });
      world.network.advance(0.1);
      for (const { from } of server.asked.heard) forger.port.write(NAME, from);
      world.network.advance(2);
      expect(outcome.error).to.be.instanceOf(FlowTimeoutError);
      expect(strict.events).to.deep.equal([]);
      expect(lax.events).to.deep.equal(['allocated']);
    }),
  );

  it(
    'hears nobody but its peer, once it is allocated',
    inWorld((world) => {
      const server = new ScriptedServer(world);
      const forger = world.raw(world.network.host('forger'));
      const protocol = new Recorder();
      void world.asking.allocate(NAME, server.address, protocol);
      world.network.advance(0.1);
      server.say(NAME);
      world.network.advance(0.1);
      forger.port.write('forged', server.client);
      server.sayFromListenPort('from the wrong port');
      server.say('real');
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated', 'data real']);
    }),
  );

  it(
    'drops what comes before the echo: nobody knows whose it is',
    inWorld((world) => {
      const server = new ScriptedServer(world);
      const protocol = new Recorder();
      void world.asking.allocate(NAME, server.address, protocol);
      world.network.advance(0.1);
      server.say('too early');
      server.say(NAME);
      server.say('in time');
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated', 'data in time']);
    }),
  );

  it(
    'survives a server that is down at first',
    inWorld((world) => {
      world.server.crash();
      const outcome = outcomeOf(world.ask().allocation);
      world.network.advance(3);
      const serving = new FlowAllocator(world.server.restart());
      serving.listen();
      serving.register(NAME, () => new Recorder());
      world.network.advance(10);
      expect(outcome.value?.state).to.equal('allocated');
      void serving.stop();
      world.network.advance(1);
    }),
  );

  it(
    'announces itself with one empty datagram, where it is asked to',
    inWorld((world) => {
      world.connect({ announce: true });
      world.network.advance(60);
      expect(world.sent).to.deep.equal([`client ?${NAME}`, `server ${NAME}`, 'client ']);
      expect(world.served[0]!.events).to.deep.equal(['allocated', 'data ']);
    }),
  );

  it(
    'leaves nothing behind when it has failed, and its protocol can be used again',
    inWorld((world) => {
      const protocol = new Recorder();
      const first = outcomeOf(world.asking.allocate('nobody', world.server.address, protocol, { timeout: 3 }));
      world.network.advance(4);
      expect(first.error).to.be.instanceOf(FlowTimeoutError);
      expect(world.asking.flows.size).to.equal(0);
      expect(world.client.reactor.openHandles()).to.deep.equal([]);
      void world.asking.allocate(NAME, world.server.address, protocol);
      world.network.advance(1);
      expect(protocol.events).to.deep.equal(['allocated']);
    }),
  );

  it(
    'refuses a protocol that has a flow',
    inWorld((world) => {
      const { near } = world.connect();
      expect(() => world.asking.allocate(NAME, world.server.address, near)).to.throw(AlreadyConnectedError);
      world.network.advance(1);
      expect(world.asking.flows.size).to.equal(1);
      expect(world.requests).to.have.length(1);
    }),
  );
});
