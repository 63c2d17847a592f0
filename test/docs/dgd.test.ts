import { expect } from 'chai';
import { describe, it } from 'mocha';
import { main, Walker } from '../../docs/examples/dgd/world-client.js';
import { World } from '../../docs/examples/dgd/world-server.js';
import { Reactor } from '../../index.js';
import { SimulatedNetwork } from '../../testing.js';

describe('the world of docs/dgd.md', () => {
  it('is walked through and talked in on real sockets', async () => {
    const reactor = new Reactor();
    try {
      const world = new World();
      const { host, port } = await world.listen(reactor, 0, '127.0.0.1');
      const walker = new Walker();
      await walker.connect(reactor, host, port);
      walker.sendMessage('hello\n');
      const turns = async (condition: () => boolean): Promise<void> => {
        while (!condition()) await new Promise((resolve) => setImmediate(resolve));
      };
      await turns(() => walker.heard.length === 1);
      walker.sendDatagram('7 3,4');
      await turns(() => walker.seen !== '');
      expect(walker.seen).to.equal('3,4');
      expect(walker.heard[0]).to.match(/^\d+: hello$/);
      walker.disconnect();
      await turns(() => world.visitors.size === 0);
    } finally {
      await reactor.close();
    }
  });

  it('is walked through over a link that loses a fifth of everything', async () => {
    const network = new SimulatedNetwork({ seed: 3, loss: 0.2, latency: [0.01, 0.05], duplicate: 0.05 });
    const host = network.host('world');
    const world = new World();
    void world.listen(host.reactor, 6047, host.address);
    await network.settle();
    const walkers = [network.host('ada'), network.host('grace')].map(({ reactor }) =>
      main(reactor, host.address, 6047),
    );
    let done = 0;
    for (const walker of walkers) void walker.then(() => done++);
    await network.runUntilAsync(() => done === 2, { timeout: 120 });
    for (const { heard, seen } of await Promise.all(walkers)) {
      expect(heard.some((line) => line.endsWith(': hello'))).to.equal(true);
      const newest = Math.max(...seen.split(' ').map((position) => Number(position.split(',')[0])));
      expect(newest).to.be.within(10, 21);
    }
  });

  it('shows the exchange as the document draws it', async () => {
    const { exchange } = await import('../../docs/examples/dgd/exchange.js');
    const { readFileSync } = await import('node:fs');
    const document = readFileSync(new URL('../../../docs/dgd.md', import.meta.url), 'utf8');
    const drawn = /```mermaid\n(.*?)```/s.exec(document)![1]!;
    expect(drawn.trim()).to.equal(exchange().trim());
  });
});
