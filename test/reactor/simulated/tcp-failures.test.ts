import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  ConnectionAborted,
  ConnectionDone,
  ConnectionLost,
  ConnectionRefusedError,
  ConnectTimeoutError,
  NotSupportedError,
  type PushProducer,
  type StreamTransport,
} from '../../../index.js';
import { HostDownError, type LinkConditions } from '../../../testing.js';
import { ClientRecorder, HalfRecorder, pattern, Recorder } from '../../../testing/contract/stream-stage.js';
import { LONG, TCPWorld } from './tcp-world.js';

/**
 * Seconds after which a SYN, and anything else, that is never acknowledged is given up: after one, and twice as many each
 * time, at most 120, when it was sent 7 times, and 16 times.
 */
const [SYN_TIMEOUT, TIMEOUT] = [127, 1207];

const codeOf = ({ reason }: Recorder): unknown => (reason!.cause as { code?: string } | undefined)?.code;

describe('a simulated TCP connection', () => {
  describe('does not come about', () => {
    /** How an attempt ends, and after how long. */
    function attempt(world: TCPWorld, timeout?: number): { reason: Error; after: number } {
      const start = world.network.clock.seconds();
      const factory = world.connect(new Recorder(), timeout === undefined ? {} : { timeout });
      world.network.runUntil(() => factory.stopped, { timeout: LONG });
      expect(factory.log).to.deep.equal(['startFactory', 'startedConnecting', 'clientConnectionFailed', 'stopFactory']);
      return { reason: factory.reasons[0]!, after: world.network.clock.seconds() - start };
    }

    it('where nobody listens: it is refused after a round trip', () => {
      const world = new TCPWorld({ latency: 0.25 });
      const { reason, after } = attempt(world);
      expect(reason).to.be.instanceOf(ConnectionRefusedError).and.to.include({ host: world.there.address, port: 7 });
      expect(after).to.equal(0.5);
    });

    it('where the refusal is lost: it is refused when it is asked for again', () => {
      const lost = 'loss of there>here 1';
      const world = new TCPWorld({ loss: 1, latency: 0.25 }, { allows: (harm) => harm === lost });
      const { reason, after } = attempt(world);
      expect(reason).to.be.instanceOf(ConnectionRefusedError);
      expect(after).to.equal(1.5);
    });

    for (const [what, make] of [
      ['a host is crashed', (world: TCPWorld) => world.there.crash()],
      ['there is a partition', (world: TCPWorld) => world.network.partition('here', 'there')],
      ['every segment is lost', (world: TCPWorld) => world.network.link('here', 'there', { loss: 1 })],
    ] as const) {
      it(`where ${what}: after the timeout, 30 seconds if nothing is said`, () => {
        const world = new TCPWorld();
        world.listen(new Recorder());
        make(world);
        const { reason, after } = attempt(world);
        expect(reason).to.be.instanceOf(ConnectTimeoutError).and.to.include({ timeout: 30 });
        expect(after).to.equal(30);
        const short = attempt(world, 2.5);
        expect(short.reason).to.be.instanceOf(ConnectTimeoutError).and.to.include({ timeout: 2.5 });
        expect(short.after).to.equal(2.5);
      });
    }

    it('where no host has the address: after the timeout', () => {
      const world = new TCPWorld();
      const factory = new ClientRecorder();
      world.here.reactor.connectTCP('10.77.0.1', 7, factory);
      world.network.runUntil(() => factory.stopped, { timeout: LONG });
      expect(factory.reasons[0]).to.be.instanceOf(ConnectTimeoutError).and.to.include({ host: '10.77.0.1' });
    });

    it('where there is no answer and no timeout: when the system has tried seven times', () => {
      const world = new TCPWorld();
      world.there.crash();
      const { reason, after } = attempt(world, Infinity);
      expect(reason).to.be.instanceOf(ConnectTimeoutError).and.to.include({ timeout: undefined });
      expect(reason.cause).to.have.property('code', 'ETIMEDOUT');
      expect(after).to.equal(SYN_TIMEOUT);
      const tries = world.network.trace.events.filter((event) => event.type === 'sent' && event.segment?.syn);
      expect(tries.map(({ time }) => time)).to.deep.equal([0, 1, 3, 7, 15, 31, 63]);
    });

    it('on a host that is down', () => {
      const world = new TCPWorld();
      const { reactor } = world.here;
      world.here.crash();
      expect(() => reactor.connectTCP(world.there.address, 7, () => null)).to.throw(HostDownError);
      expect(() => reactor.listenTCP(7, () => null)).to.throw(HostDownError);
    });
  });

  it('has no TLS, and says so at once', () => {
    const world = new TCPWorld();
    const { here, there, network } = world;
    const refused = (f: () => unknown, feature: string): void =>
      void expect(f).to.throw(NotSupportedError).with.property('feature', feature);
    refused(() => there.reactor.listenSSL(7, () => null, {}), 'listenSSL');
    refused(() => here.reactor.connectSSL(there.address, 7, () => null), 'connectSSL');
    refused(() => here.reactor.connectSSL('there', 7, () => null), 'connectSSL');
    expect([...here.reactor.openHandles(), ...there.reactor.openHandles()]).to.deep.equal([]);
    const { server, client } = world.pair();
    refused(() => server.transport.startTLS(), 'startTLS');
    client.transport.write('in the clear');
    network.advance(1);
    expect(server.text).to.equal('in the clear');
  });

  describe('is reset', () => {
    it('by abortConnection: the peer hears of it when the segment has arrived', () => {
      const world = new TCPWorld({ latency: 0.5 });
      const { server, client } = world.pair();
      client.transport.abortConnection();
      world.network.advance(0.4);
      expect(client.reason).to.be.instanceOf(ConnectionAborted);
      expect(server.reason).to.equal(undefined);
      world.network.advance(0.2);
      expect(server.reason).to.be.instanceOf(ConnectionLost);
      expect(codeOf(server)).to.equal('ECONNRESET');
    });

    it('by abortConnection, and the reset is lost: the peer hears of it when it writes', () => {
      const world = new TCPWorld();
      const { server, client } = world.pair();
      world.network.partition('here', 'there');
      client.transport.abortConnection();
      world.network.advance(1);
      world.network.heal();
      world.network.advance(1000);
      expect(server.reason).to.equal(undefined);
      server.transport.write('are you there?');
      world.untilLost(server);
      expect(codeOf(server)).to.equal('ECONNRESET');
    });

    it('by a peer that was closed, and to which more is sent', () => {
      const world = new TCPWorld();
      const { server, client } = world.pair(new HalfRecorder(), new Recorder());
      client.transport.loseConnection();
      world.untilLost(client);
      expect(client.reason).to.be.instanceOf(ConnectionDone);
      world.network.advance(0.1);
      expect(server.log).to.include('readConnectionLost');
      server.transport.write('too late');
      world.untilLost(server);
      expect(codeOf(server)).to.equal('ECONNRESET');
    });
  });

  describe('in a partition', () => {
    it('delivers afterwards what was written meanwhile', () => {
      const world = new TCPWorld();
      const { server, client } = world.pair();
      world.network.partition('here', 'there');
      client.transport.write('patience');
      world.network.advance(100);
      expect(server.bytes).to.equal(0);
      world.network.heal('here', 'there');
      world.network.runUntil(() => server.text === 'patience', { timeout: 110 });
      client.transport.loseConnection();
      world.untilLost(server, client);
      expect(server.reason).to.be.instanceOf(ConnectionDone);
    });

    it('delivers afterwards what was on its way when it began', () => {
      const world = new TCPWorld({ latency: 0.1 });
      const { server, client } = world.pair();
      client.transport.write(pattern(50_000));
      world.network.advance(0.05);
      world.network.partition('here', 'there');
      world.network.advance(5);
      expect(server.bytes).to.equal(0);
      world.network.heal();
      world.network.runUntil(() => server.bytes === 50_000, { timeout: 60 });
      expect(server.data.equals(pattern(50_000))).to.equal(true);
    });

    it('is lost by who waits for an answer, in a matter of minutes; the other end never hears of it', () => {
      const world = new TCPWorld();
      const { server, client } = world.pair();
      world.network.partition('here', 'there');
      client.transport.write('x');
      const start = world.network.clock.seconds();
      world.untilLost(client);
      expect(client.reason).to.be.instanceOf(ConnectionLost);
      expect(codeOf(client)).to.equal('ETIMEDOUT');
      expect(world.network.clock.seconds() - start).to.be.closeTo(TIMEOUT, 0.01);
      world.network.advance(LONG);
      expect(server.reason).to.equal(undefined);
    });

    it('with nothing to say is not noticed', () => {
      const world = new TCPWorld();
      const { server, client } = world.pair();
      world.network.partition('here', 'there');
      world.network.advance(10 * LONG);
      world.network.heal();
      client.transport.write('still here');
      world.network.advance(1);
      expect(server.text).to.equal('still here');
    });

    it('with nothing to say is found out by who asked for keep-alive', () => {
      const world = new TCPWorld();
      const { server, client } = world.pair();
      client.transport.setTcpKeepAlive(true);
      world.network.partition('here', 'there');
      const start = world.network.clock.seconds();
      world.untilLost(client);
      expect(codeOf(client)).to.equal('ETIMEDOUT');
      expect(world.network.clock.seconds() - start).to.equal(7200 + 9 * 75);
      expect(server.reason).to.equal(undefined);
    });

    it('that only one direction has: what arrives is lost all the same, because nobody says so', () => {
      const world = new TCPWorld();
      const { server, client } = world.pair();
      world.network.link('there', 'here', { loss: 1 }, { oneWay: true });
      client.transport.write('heard');
      world.untilLost(client);
      expect(server.text).to.equal('heard');
      expect(codeOf(client)).to.equal('ETIMEDOUT');
    });
  });

  describe('whose host crashes', () => {
    it('is gone there without a word: no hook runs', () => {
      const world = new TCPWorld();
      const { server } = world.pair();
      world.there.crash();
      world.network.advance(LONG);
      expect(server.log).to.deep.equal(['connectionMade']);
    });

    it('is lost by a peer that writes: in a matter of minutes', () => {
      const world = new TCPWorld();
      const { client } = world.pair();
      world.there.crash();
      client.transport.write('x');
      world.untilLost(client);
      expect(codeOf(client)).to.equal('ETIMEDOUT');
    });

    it('is lost by a peer that writes when the host is up again: it is told that there is no such connection', () => {
      const world = new TCPWorld();
      const { client } = world.pair();
      world.there.crash();
      world.network.advance(10);
      world.there.restart();
      client.transport.write('x');
      world.network.advance(1);
      expect(client.reason).to.be.instanceOf(ConnectionLost);
      expect(codeOf(client)).to.equal('ECONNRESET');
    });

    it('is not taken for a new one between the same ports', () => {
      const world = new TCPWorld();
      const { client } = world.pair();
      const { port } = client.transport.getHost() as { port: number };
      world.network.partition('here', 'there');
      world.here.crash();
      world.network.advance(1);
      world.network.heal();
      const again = new Recorder();
      world.here.restart().connectTCP(world.there.address, 7, () => again, {
        bindAddress: { host: world.here.address, port },
      });
      world.network.advance(10);
      expect(again.bytes).to.equal(0);
      expect(client.reason).to.equal(undefined);
    });

    it('can be made anew when somebody listens there again', () => {
      const world = new TCPWorld();
      world.pair();
      world.there.crash();
      const server = new Recorder();
      world.listen(server, world.there.restart());
      const client = new Recorder();
      world.connect(client);
      world.network.runUntil(() => server.made && client.made, { timeout: 1 });
    });
  });

  describe('slows down who sends to a slow reader', () => {
    /** What may be on its way between two programs: the queue, the sender's system, the receiver's. */
    const MOST = 65_536 + 65_536 + 65_536;
    const PIECE = 10_000;

    /** Sends as much as it may. */
    class Source implements PushProducer {
      written = 0;
      mostQueued = 0;
      readonly #transport: StreamTransport;
      #running = true;
      #left: number;

      constructor(transport: StreamTransport, size: number) {
        this.#transport = transport;
        this.#left = size;
        transport.registerProducer(this, true);
        this.resumeProducing();
      }

      pauseProducing(): void {
        this.#running = false;
      }

      resumeProducing(): void {
        this.#running = true;
        while (this.#running && this.#left > 0) {
          this.#left -= PIECE;
          this.written += PIECE;
          this.#transport.write(pattern(PIECE));
          this.mostQueued = Math.max(this.mostQueued, this.#transport.writeQueueSize);
        }
        if (this.#left <= 0) this.#transport.unregisterProducer();
      }

      stopProducing(): void {
        this.#running = false;
      }
    }

    const NETWORKS: Record<string, LinkConditions> = {
      'a good network': {},
      'a bad one': { latency: [0.001, 0.03], loss: 0.05, duplicate: 0.1, reorder: 0.1 },
      'a slow one': { bandwidth: 2e6, latency: 0.02 },
    };
    for (const [what, conditions] of Object.entries(NETWORKS)) {
      it(`with bounded memory, and every byte, on ${what}`, () => {
        const world = new TCPWorld({ ...conditions, trace: false });
        const { server, client } = world.pair();
        const size = 2_000_000;
        const source = new Source(client.transport, size);
        let most = 0;
        // The reader reads now and then.
        const read = (on: boolean): void => {
          if (on) server.transport.resumeProducing();
          else server.transport.pauseProducing();
          server.transport.reactor.callLater(on ? 0.01 : 0.3, read, !on);
        };
        read(false);
        world.network.runUntil(
          () => {
            most = Math.max(most, source.written - server.bytes);
            return server.bytes === size;
          },
          { timeout: LONG },
        );
        expect(most)
          .to.be.greaterThan(100_000)
          .and.at.most(MOST + PIECE);
        expect(source.mostQueued).to.be.at.most(65_536 + PIECE);
      });
    }

    it('for as long as that does not read, and goes on when it does', () => {
      const world = new TCPWorld();
      const { server, client } = world.pair();
      server.transport.pauseProducing();
      const source = new Source(client.transport, 1_000_000);
      world.network.advance(LONG);
      const { written } = source;
      expect(written).to.be.at.most(MOST + PIECE);
      world.network.advance(LONG);
      expect(source.written).to.equal(written);
      expect(client.reason).to.equal(undefined);
      server.transport.resumeProducing();
      world.network.runUntil(() => server.bytes === 1_000_000, { timeout: 200 });
    });
  });
});
