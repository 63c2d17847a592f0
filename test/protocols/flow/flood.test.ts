import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { SimulatedHost } from '../../../testing.js';
import { Echoing, inWorld, NAME, Recorder, type World } from './world.js';

/** Seconds between the requests of the flood. */
const PAUSE = 1 / 500;

/** A host that sends requests in the name of many: each from another address or another port, and never again. */
class Flood {
  sent: number = 0;
  readonly #world: World;
  readonly #host: SimulatedHost;
  #on = true;

  constructor(world: World, addresses: number) {
    this.#world = world;
    const octets = Array.from({ length: addresses }, (_, i) => `10.${66 + (i >> 8)}.${i & 255}.1`);
    this.#host = world.network.host('attacker', { addresses: octets });
    this.#next();
  }

  stop(): void {
    this.#on = false;
  }

  #next(): void {
    if (!this.#on) return;
    // The port stays open, and so its echo is not refused: the worst case for the server.
    const address = this.#host.addresses[this.sent++ % this.#host.addresses.length]!;
    this.#host.reactor.listenUDP(0, {}, { interface: address }).write(NAME, this.#world.listening);
    this.#host.reactor.callLater(PAUSE, () => this.#next());
  }
}

/** Asks for a flow, says hello on it, and is answered; one after the other, without end. */
function beHonest(world: World): { served: number; asked: number; failed: Error[] } {
  const count = { served: 0, asked: 0, failed: [] as Error[] };
  const again = (): void => {
    count.asked++;
    const protocol = new (class extends Recorder {
      override flowAllocated(): void {
        this.flow.write('hello');
      }

      override dataReceived(): void {
        count.served++;
      }
    })();
    world.asking.allocate(NAME, world.server.address, protocol).addErrback((error) => count.failed.push(error));
    next = world.client.reactor.callLater(0.5, again);
  };
  let next = world.client.reactor.callLater(0, again);
  world.client.reactor.callLater(4.9, () => next.cancel());
  return count;
}

describe('a flood of requests from forged addresses', () => {
  it(
    'takes no more ports than may be pending, and honest clients are served meanwhile',
    inWorld(
      { network: { latency: [0.02, 0.08], trace: false }, server: { idleTimeout: 60 }, client: { idleTimeout: 60 } },
      (world) => {
        world.serve = () => new Echoing();
        const flood = new Flood(world, 300);
        const honest = beHonest(world);
        let [ports, flows] = [0, 0];
        for (let i = 0; i < 50; i++) {
          world.network.advance(0.1);
          ports = Math.max(ports, world.serverPorts);
          flows = Math.max(flows, world.serving.flows.size);
        }
        flood.stop();
        world.network.advance(1);

        expect(flood.sent).to.be.at.least(2400);
        expect(world.serving.stats.evicted).to.be.at.least(1000);
        expect(honest.asked).to.equal(10);
        expect(honest).to.deep.include({ served: 10, failed: [] });
        expect(ports).to.be.within(1024, 1024 + honest.asked);
        expect(flows).to.be.within(1024, 1024 + honest.asked);

        world.network.advance(20); // the pending timeout
        expect(world.serverPorts).to.equal(10);
        expect(world.serving.flows.size).to.equal(10);
      },
    ),
  ).timeout(20_000);

  it(
    'from one address takes its share only, and other addresses do not notice',
    inWorld({ network: { trace: false } }, (world) => {
      world.serve = () => new Echoing();
      const flood = new Flood(world, 1);
      const honest = beHonest(world);
      let ports = 0;
      for (let i = 0; i < 50; i++) {
        world.network.advance(0.1);
        ports = Math.max(ports, world.serverPorts);
      }
      flood.stop();
      world.network.advance(1);
      expect(ports).to.be.at.most(16 + honest.asked);
      expect(honest).to.deep.include({ asked: 10, served: 10, failed: [] });
      // 20 a second and as many at first; the rest is not looked at.
      expect(world.serving.stats.limited).to.be.at.least(flood.sent - 16);
      expect(world.serving.stats.evicted).to.equal(0);
    }),
  ).timeout(20_000);

  it(
    'makes the server send no more than it has received',
    inWorld({ network: { trace: { limit: Infinity } } }, (world) => {
      world.serve = () => {
        const talkative = new (class extends Recorder {
          override flowAllocated(): void {
            for (let i = 0; i < 10; i++) this.flow.write('x'.repeat(500));
          }
        })();
        return talkative;
      };
      const flood = new Flood(world, 50);
      world.network.advance(0.5);
      flood.stop();
      world.network.advance(1);
      const bytes = (host: string): number =>
        world.network.trace.events.reduce(
          (sum, event) => sum + (event.type === 'sent' && event.host === host ? event.data.length : 0),
          0,
        );
      expect(bytes('server'))
        .to.be.greaterThan(0)
        .and.at.most(3 * bytes('attacker'));
    }),
  );
});
