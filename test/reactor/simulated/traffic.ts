/**
 * A run with something of everything that chance decides.
 */
import { type Address, DatagramProtocol, LoopingCall } from '../../../index.js';
import { Echo } from '../../../protocols/index.js';
import { SimulatedNetwork, type Trace } from '../../../testing.js';

class Talker extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: Address): void {
    const { reactor } = this.transport;
    reactor.callLater(reactor.random() / 10, () => {
      if (this.connected && data.length > 1) this.transport.write(data.subarray(1), from);
    });
  }
}

export function simulatedTraffic(seed: number | string): Trace {
  const network = new SimulatedNetwork({
    seed,
    latency: (random) => 0.001 + random() / 100,
    loss: 0.1,
    duplicate: 0.1,
    reorder: 0.1,
    corrupt: 0.05,
    bandwidth: 1e6,
    queue: 20_000,
  });
  const hosts = ['a', 'b', 'c'].map((name) => network.host(name));
  const [a, b, c] = hosts as [(typeof hosts)[0], (typeof hosts)[0], (typeof hosts)[0]];
  b.reactor.listenUDP(7, new Echo());
  c.reactor.listenMulticast(7, new Talker()).joinGroup('239.1.2.3');
  const port = a.reactor.listenMulticast(0, new Talker());
  network.link(a, c, { latency: [0.01, 0.05], mtu: 400 });
  const loop = new LoopingCall(a.reactor, function speak() {
    port.write(a.reactor.randomBytes(50), { host: b.address, port: 7 });
    port.write(a.reactor.randomBytes(Math.floor(a.reactor.random() * 500)), { host: '239.1.2.3', port: 7 });
  });
  loop.start(0.05);
  network.advance(1);
  network.partition(a, b);
  network.advance(0.5);
  b.crash();
  network.heal();
  network.advance(0.5);
  b.restart().listenUDP(7, new Echo());
  network.advance(2);
  loop.stop();
  network.runUntilIdle();
  return network.trace;
}
