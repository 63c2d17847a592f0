import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { ConnectionAborted, InvalidAddressError, MessageLengthError, NotConnectedError } from '../../../index.js';
import {
  ChallengeError,
  ChallengeInUseError,
  DatagramChannelNotOpenError,
  DgdConnection,
  DgdServer,
} from '../../../protocols/index.js';
import { SimulatedNetwork } from '../../../testing.js';
import { PORT, type User, World } from './world.js';

describe("DGD's datagram channel", () => {
  it('is off until a challenge is set: datagrams before are ignored, and not remembered', () => {
    const world = new World();
    const { user, host } = world.client('a');
    const socket = world.socket(host);
    socket.send('secret');
    user.datagramChallenge('secret');
    world.network.advance(1);
    expect(user.openings).to.equal(0);
    socket.send('secret');
    expect(user.openings).to.equal(1);
  });

  it('ignores datagrams that are not the challenge, byte for byte and as a whole', () => {
    const world = new World({}, { attemptsPerSecond: 1000 });
    const { user, host } = world.client('a');
    const socket = world.socket(host);
    user.datagramChallenge('secret');
    for (const wrong of ['', 'Secret', 'secret\n', 'secret\0', ' secret', 'secre', 'x'.repeat(5000)])
      socket.send(wrong);
    expect(user.openings).to.equal(0);
    expect(world.server.counters.unmatched).to.equal(7);
    socket.send('secret');
    expect(user.openings).to.equal(1);
  });

  it('compares bytes, never text', () => {
    const world = new World();
    const { user, host } = world.client('a');
    const socket = world.socket(host);
    user.datagramChallenge(Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    socket.send(Buffer.from([0xef, 0xbf, 0xbd, 0xef, 0xbf, 0xbd, 0x00, 0xef, 0xbf, 0xbd]));
    expect(user.openings).to.equal(0);
    socket.send(Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    expect(user.openings).to.equal(1);
  });

  it('hears the challenge from the address of the TCP peer only, and from any port of it', () => {
    const world = new World();
    const { user, host } = world.client('a');
    user.datagramChallenge('secret');
    world.socket(world.network.host('elsewhere')).send('secret');
    expect(user.openings).to.equal(0);
    world.socket(host).send('secret');
    expect(user.openings).to.equal(1);
  });

  it('does not hand the challenge to the object, nor copies of it', () => {
    const world = new World();
    const { user, host } = world.client('a');
    const socket = world.socket(host);
    user.datagramChallenge('secret');
    for (const data of ['secret', 'secret', 'data', 'secret']) socket.send(data);
    expect(user.datagrams).to.deep.equal(['data']);
    expect(user.openings).to.equal(1);
  });

  it('has the port number of TCP at the server, and sends from it', async () => {
    const world = new World();
    const { user, host } = world.client('a');
    const socket = world.socket(host);
    user.datagramChallenge('secret');
    socket.send('secret');
    expect(user.sendDatagram('hello')).to.equal(5);
    world.network.advance(1);
    const { value } = await socket.inbox[Symbol.asyncIterator]().next();
    expect(value![0].toString()).to.equal('hello');
    expect(value![1]).to.deep.equal({ host: world.host.address, port: PORT });
  });

  it('passes datagrams on as they come: unordered, doubled, unassembled, empty', () => {
    const world = new World();
    const { user, host } = world.client('a');
    const socket = world.socket(host);
    user.datagramChallenge('secret');
    socket.send('secret');
    world.network.link('a', 'server', { latency: [0.001, 0.1], duplicate: 0.5 });
    for (let i = 0; i < 50; i++) socket.port.write(String(i), { host: world.host.address, port: PORT });
    socket.port.write('', { host: world.host.address, port: PORT });
    world.network.advance(1);
    expect(user.datagrams.length).to.be.greaterThan(51);
    expect(user.datagrams).to.not.deep.equal([...user.datagrams].sort((a, b) => Number(a) - Number(b)));
    expect(new Set(user.datagrams)).to.deep.equal(new Set([...Array.from({ length: 50 }, (_, i) => String(i)), '']));
  });

  it('sends one datagram for each object in a round, after its bytes for TCP', () => {
    const world = new World();
    const { user, client } = world.client('a');
    client.answerChallenge(user.datagramChallenge());
    world.network.advance(1);
    const lengths: number[] = [];
    user.onMessage = () => {
      lengths.push(user.sendDatagram('first'), user.sendDatagram('second'), user.sendDatagram(''));
      user.sendMessage('by TCP');
    };
    const before = world.network.trace.events.length;
    client.sendMessage('go');
    world.network.advance(1);
    client.sendMessage('go');
    world.network.advance(1);
    expect(lengths).to.deep.equal([5, 0, 0, 5, 0, 0]);
    expect(client.datagrams).to.deep.equal(['first', 'first']);
    const sent = world.network.trace.events
      .slice(before)
      .filter(({ type, host }) => type === 'sent' && host === 'server');
    const texts = sent.flatMap((event) => ('data' in event && event.data.length > 0 ? [event.data.toString()] : []));
    expect(texts).to.deep.equal(['by TCP', 'first', 'by TCP', 'first']);
  });

  it('ends a round for all objects alike', () => {
    const world = new World();
    const [a, b] = [world.client('a'), world.client('b')];
    for (const { client, user } of [a, b]) client.answerChallenge(user.datagramChallenge());
    world.network.advance(1);
    a.user.onMessage = () => expect([a.user.sendDatagram('to a'), b.user.sendDatagram('to b')]).to.deep.equal([4, 4]);
    a.client.sendMessage('go');
    world.network.advance(1);
    expect([a.client.datagrams, b.client.datagrams]).to.deep.equal([['to a'], ['to b']]);
  });

  it('lets what is sent from elsewhere leave in the next turn', () => {
    const world = new World();
    const { user, client } = world.client('a');
    client.answerChallenge(user.datagramChallenge());
    world.network.advance(1);
    expect(user.sendDatagram('from outside')).to.equal(12);
    expect(user.sendDatagram('too many')).to.equal(0);
    world.network.advance(0);
    expect(user.sendDatagram('next turn')).to.equal(9);
    world.network.advance(1);
    expect(client.datagrams).to.deep.equal(['from outside', 'next turn']);
  });

  for (const [how, end] of [
    ['is closed by the client', ({ client }: ReturnType<World['client']>) => client.disconnect()],
    ['is closed by the object', ({ user }: ReturnType<World['client']>) => user.disconnect()],
  ] as const) {
    it(`closes when TCP ${how}, with what was queued`, () => {
      const world = new World();
      const made = world.client('a');
      const socket = world.socket(made.host);
      made.user.datagramChallenge('secret');
      socket.send('secret');
      made.user.sendDatagram('queued');
      if (how === 'is closed by the object') end(made);
      else made.user.disconnect();
      socket.send('late');
      world.network.advance(1);
      expect(socket.inbox.size).to.equal(0);
      expect(made.user.datagrams).to.deep.equal([]);
      expect(made.user.told.at(-1)).to.equal('close ConnectionDone');
      expect(() => made.user.sendDatagram('x')).to.throw(DatagramChannelNotOpenError);
      expect(() => made.user.datagramChallenge()).to.throw(ChallengeError);
    });
  }

  it('closes when the client has finished sending by TCP', () => {
    const world = new World();
    const { user, host } = world.client('a');
    const socket = world.socket(host);
    user.datagramChallenge('secret');
    socket.send('secret');
    const half = world.network.host('half');
    void half.reactor.connectTCP(world.host.address, PORT, () => null);
    world.network.advance(1);
    expect(world.users.at(-1)!.closed?.name).to.equal('ConnectionDone');
    expect(world.server.connections.size).to.equal(1);
  });

  it('frees the challenge and the endpoint when TCP closes', () => {
    const world = new World();
    const first = world.client('a');
    const socket = world.socket(first.host);
    first.user.datagramChallenge('secret');
    first.user.disconnect();
    world.network.advance(1);
    const second = world.client('b');
    second.user.datagramChallenge('secret');
    world.socket(second.host).send('secret');
    expect(second.user.openings).to.equal(1);
    socket.send('secret');
    expect(first.user.openings).to.equal(0);
  });

  it('gives a random challenge of its own when none is given', () => {
    const world = new World();
    const { user } = world.client('a');
    expect(user.datagramChallenge().toString()).to.match(/^[0-9a-f]{32}$/);
  });

  it('refuses challenges that can’t be, and a second one while one is pending', () => {
    const world = new World();
    const [a, b] = [world.client('a'), world.client('b')];
    expect(() => a.user.datagramChallenge('')).to.throw(ChallengeError);
    expect(() => a.user.datagramChallenge(Buffer.alloc(8193))).to.throw(ChallengeError);
    a.user.datagramChallenge(Buffer.alloc(8192));
    expect(() => a.user.datagramChallenge('another')).to.throw(ChallengeError, /pending/);
    expect(() => b.user.datagramChallenge(Buffer.alloc(8192))).to.throw(ChallengeInUseError);
    world.socket(a.host).send(Buffer.alloc(8192));
    expect(a.user.openings).to.equal(1);
    b.user.datagramChallenge(Buffer.alloc(8192));
  });

  it('is armed before the bytes that announce it leave', () => {
    const world = new World();
    const { user, client } = world.client('a');
    user.onMessage = () => {
      user.sendMessage(user.datagramChallenge());
    };
    client.sendMessage('challenge me');
    world.network.runUntil(() => client.messages.length > 0, { timeout: 1 });
    client.answerChallenge(client.messages[0]!);
    world.network.runUntil(() => user.openings === 1, { timeout: 0.1 });
  });

  it('lets a challenge run out where that is asked for, and never otherwise', () => {
    const world = new World({}, { challengeTimeout: 5 });
    const { user, host } = world.client('a');
    user.datagramChallenge('secret');
    world.network.advance(5);
    expect(user.expired).to.equal(1);
    world.socket(host).send('secret');
    expect(user.openings).to.equal(0);
    user.datagramChallenge('secret');
    world.socket(host).send('secret');
    expect(user.openings).to.equal(1);
    world.network.advance(60);
    expect(user.expired).to.equal(1);
  });

  it('counts wrong datagrams, and limits those of one source without harm to others', () => {
    const world = new World({}, { attemptsPerSecond: 10 });
    const { user, host } = world.client('a');
    user.datagramChallenge('secret');
    const attacker = world.socket(world.network.host('attacker'));
    for (let i = 0; i < 100; i++) attacker.port.write('guess', { host: world.host.address, port: PORT });
    world.network.advance(0.1);
    expect(world.server.counters).to.include({ unmatched: 10, limited: 90 });
    world.socket(host).send('secret');
    expect(user.openings).to.equal(1);
  });

  it('moves to the port that meets a fresh challenge', () => {
    const world = new World();
    const { user, host } = world.client('a');
    const [before, after] = [world.socket(host), world.socket(host)];
    user.datagramChallenge('one');
    before.send('one');
    user.datagramChallenge('two');
    before.send('still here');
    after.send('two');
    before.send('stranger now');
    after.send('data');
    after.send('two');
    user.sendDatagram('to the new port');
    world.network.advance(1);
    expect(user.openings).to.equal(2);
    expect(user.datagrams).to.deep.equal(['still here', 'data']);
    expect([before.inbox.size, after.inbox.size]).to.deep.equal([0, 1]);
  });

  it('has one connection for a client’s endpoint: another’s challenge from it is data', () => {
    const world = new World();
    const { user, host } = world.client('a');
    const socket = world.socket(host);
    user.datagramChallenge('one');
    socket.send('one');
    const { user: other } = world.client('b');
    other.datagramChallenge('two');
    socket.send('two');
    expect(other.openings).to.equal(0);
    expect(user.datagrams).to.deep.equal(['two']);
  });

  it('keeps 8192 bytes of datagrams while the object has paused, and drops and counts the newest', () => {
    const world = new World();
    const { user, host } = world.client('a');
    const socket = world.socket(host);
    user.datagramChallenge('secret');
    socket.send('secret');
    user.pause();
    for (let i = 0; i < 60; i++) socket.send(String(i).padStart(256, '0'));
    expect(user.datagrams).to.deep.equal([]);
    user.resume();
    socket.send('after');
    world.network.advance(1);
    expect(user.datagrams.map(Number).slice(0, -1)).to.deep.equal(Array.from({ length: 31 }, (_, i) => i));
    expect(user.datagrams.at(-1)).to.equal('after');
    expect(world.server.counters.dropped).to.equal(29);
  });

  it('pauses TCP with it', () => {
    const world = new World();
    const { user, client } = world.client('a');
    user.pause();
    client.sendMessage('hello');
    world.network.advance(1);
    expect(user.told).to.deep.equal(['open']);
    user.resume();
    world.network.advance(1);
    expect(user.told).to.deep.equal(['open', 'hello']);
  });

  it('refuses to send before it is open, and what no datagram carries', () => {
    const world = new World();
    const { user, host } = world.client('a');
    expect(() => user.sendDatagram('x')).to.throw(DatagramChannelNotOpenError);
    user.datagramChallenge('secret');
    expect(() => user.sendDatagram('x')).to.throw(DatagramChannelNotOpenError);
    world.socket(host).send('secret');
    expect(() => user.sendDatagram(Buffer.alloc(65508))).to.throw(MessageLengthError);
  });

  it('is without a client before open', () => {
    expect(() => new DgdConnection().sendMessage('x')).to.throw(NotConnectedError);
  });

  it('reports what an object throws once, and goes on for the others', () => {
    const world = new World();
    const [a, b] = [world.client('a'), world.client('b')];
    const errors: string[] = [];
    world.host.reactor.on('error', (error, { hook }) => errors.push(`${hook}: ${error.message}`));
    for (const { client, user } of [a, b]) client.answerChallenge(user.datagramChallenge());
    world.network.advance(1);
    a.user.onDatagram = () => {
      throw new Error('bad');
    };
    for (const { client } of [a, b]) client.sendDatagram('data');
    world.network.advance(1);
    expect(errors).to.deep.equal(['datagramReceived: bad']);
    expect(b.user.datagrams).to.deep.equal(['data']);
    a.user.onMessage = () => {
      throw new Error('worse');
    };
    a.client.sendMessage('x');
    world.network.advance(1);
    expect(errors).to.deep.equal(['datagramReceived: bad', 'dataReceived: worse']);
    expect(a.user.told.at(-1)).to.match(/^close/);
    expect(b.user.closed).to.equal(undefined);
  });
});

describe('a DgdServer', () => {
  it('stops listening, while its connections and their datagrams go on to their end', () => {
    const world = new World();
    const { user, client } = world.client('a');
    client.answerChallenge(user.datagramChallenge());
    world.network.advance(1);
    let stopped = false;
    world.server.stopListening().addCallback(() => (stopped = true));
    void world.server.stopListening();
    world.network.advance(1);
    expect(stopped).to.equal(true);
    client.sendDatagram('still here');
    world.network.advance(1);
    expect(user.datagrams).to.deep.equal(['still here']);
    client.disconnect();
    world.network.advance(1);
    expect(world.host.reactor.openHandles()).to.deep.equal([]);
  });

  it('finds a port that is free for both', () => {
    for (let seed = 1; seed < 20; seed++) {
      const network = new SimulatedNetwork({ seed });
      const { reactor, address } = network.host('server');
      const server = new DgdServer(() => new DgdConnection());
      let port = 0;
      server.listen(reactor, 0, { interface: address }).addCallback((at) => (port = at.port));
      network.advance(0);
      expect(port).to.be.greaterThan(0);
      expect(reactor.openHandles()).to.have.lengthOf(2);
    }
  });

  it('fails when either port is taken, and leaves nothing open', async () => {
    for (const kind of ['UDP', 'TCP']) {
      const network = new SimulatedNetwork();
      const { reactor, address } = network.host('server');
      if (kind === 'UDP') reactor.listenUDP(PORT, {}, { interface: address });
      else reactor.listenTCP(PORT, () => null, { interface: address });
      network.advance(0);
      const server = new DgdServer(() => new DgdConnection());
      const failure = server.listen(reactor, PORT, { interface: address }).addErrback((error) => error.name);
      network.advance(1);
      expect(await failure).to.equal('CannotListenError');
      expect(reactor.openHandles()).to.have.lengthOf(1);
    }
  });

  it('answers from the address that the client has connected to, also where it listens on all', async () => {
    const network = new SimulatedNetwork();
    const host = network.host('server', { addresses: ['10.0.0.10', '10.0.0.11'] });
    const users: User[] = [];
    const { User: ServerUser, Client } = await import('./world.js');
    const server = new DgdServer(() => {
      users.push(new ServerUser());
      return users.at(-1)!;
    });
    server.listen(host.reactor, PORT);
    network.advance(0);
    const clients = ['10.0.0.10', '10.0.0.11'].map((address, i) => {
      const client = new Client();
      void client.connect(network.host(`client ${i}`).reactor, address, PORT);
      network.advance(1);
      client.answerChallenge(users[i]!.datagramChallenge());
      network.advance(1);
      users[i]!.sendDatagram('hello');
      return client;
    });
    network.advance(1);
    for (const client of clients) expect(client.datagrams).to.deep.equal(['hello']);
  });

  it('refuses a hostname as interface', () => {
    const { reactor } = new SimulatedNetwork().host('server');
    expect(() => new DgdServer(() => new DgdConnection()).listen(reactor, 1, { interface: 'localhost' })).to.throw(
      InvalidAddressError,
    );
  });

  it('serves a thousand connections', () => {
    const world = new World({ trace: false });
    const made = Array.from({ length: 1000 }, (_, i) => world.client(`client ${i}`));
    for (const { client, user } of made) client.answerChallenge(user.datagramChallenge());
    world.network.advance(1);
    for (const [i, { client }] of made.entries()) client.sendDatagram(`from ${i}`);
    world.network.advance(1);
    for (const [i, { user }] of made.entries()) expect(user.datagrams).to.deep.equal([`from ${i}`]);
    expect(world.server.connections.size).to.equal(1000);
  }).timeout(20_000);

  it('forgets a client whose host has crashed once TCP has found out', () => {
    const world = new World();
    const { user, client, host } = world.client('a');
    client.answerChallenge(user.datagramChallenge());
    world.network.advance(1);
    host.crash();
    user.sendMessage('are you there?');
    user.sendDatagram('are you?');
    world.network.advance(3600);
    expect(user.closed?.name).to.equal('ConnectionLost');
    expect(world.server.connections.size).to.equal(0);
    expect(user.closed).to.not.be.instanceOf(ConnectionAborted);
  });

  it('gives no object a datagram that its own peer has not sent it, nor its challenge, whatever the network does', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 1 }),
          loss: fc.double({ min: 0, max: 0.5, noNaN: true }),
          duplicate: fc.double({ min: 0, max: 0.5, noNaN: true }),
          reorder: fc.double({ min: 0, max: 0.5, noNaN: true }),
        }),
        ({ seed, ...conditions }) => {
          const world = new World({}, { attemptsPerSecond: 1000 }, seed);
          const made = ['a', 'b', 'c'].map((name) => world.client(name));
          const spoofer = world.socket(world.network.host('spoofer'));
          for (const name of ['a', 'b', 'c', 'spoofer']) world.network.link(name, 'server', conditions);
          const challenges = made.map(({ user }) => user.datagramChallenge().toString());
          for (const [i, { client }] of made.entries()) client.answerChallenge(challenges[i]!);
          for (let round = 0; round < 20; round++) {
            for (const { client, host } of made) client.sendDatagram(`${host.name} ${round}`);
            for (const challenge of challenges) spoofer.send(challenge);
            spoofer.send('spoofed');
            world.network.advance(0.5);
          }
          for (const [i, { user, host }] of made.entries()) {
            for (const text of user.datagrams) expect(text).to.match(new RegExp(`^${host.name} \\d+$`));
            expect(user.datagrams).to.not.include(challenges[i]);
            expect(user.openings).to.be.lessThan(2);
          }
        },
      ),
      { numRuns: 40 },
    );
  }).timeout(20_000);
});
