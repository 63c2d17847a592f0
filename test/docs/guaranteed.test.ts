import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import * as client from '../../docs/examples/guaranteed/client.js';
import { exchange } from '../../docs/examples/guaranteed/exchange.js';
import { sendAll } from '../../docs/examples/guaranteed/many.js';
import * as server from '../../docs/examples/guaranteed/server.js';
import { GuaranteedDatagramProtocol } from '../../protocols/index.js';
import { SimulatedNetwork } from '../../testing.js';
import { type Program, ROOT, runExample, startExample } from './program.js';

describe('the programs of docs/guaranteed-delivery.md', () => {
  it('send ten messages there and back on real sockets, and end', async () => {
    let serving: Program | undefined;
    try {
      serving = startExample('guaranteed/server', '0');
      const asking = await runExample('guaranteed/client', String(await serving.port()));
      expect(asking.stderr).to.equal('');
      expect(asking.stdout.match(/^confirmed, sent \d+ times$/gm)).to.have.lengthOf(10);
      for (let i = 0; i < 10; i++) expect(asking.stdout).to.include(`answered: message ${i}\n`);
      expect(await serving.exited).to.deep.equal({ code: 0, signal: null });
      expect(serving.complaints).to.equal('');
    } finally {
      await serving?.kill();
    }
  });

  it('do so over a link that loses a fifth of everything', async () => {
    const network = new SimulatedNetwork({ seed: 1, loss: 0.2, latency: [0.01, 0.05], duplicate: 0.1, reorder: 0.1 });
    const [here, there] = [network.host('here'), network.host('there')];
    const lines: string[] = [];
    let over = 0;
    void server.main(there.reactor, there.address, 4323).then(() => over++);
    void client.main(here.reactor, there.address, 4323, (line) => lines.push(line)).then(() => over++);
    await network.runUntilAsync(() => over === 2, { timeout: 60 });
    expect(lines.filter((line) => line.startsWith('answered'))).to.deep.equal(
      Array.from({ length: 10 }, (_, i) => `answered: message ${i}`),
    );
    expect(lines.some((line) => /sent [2-6] times/.test(line))).to.equal(true);
    expect([...here.reactor.openHandles(), ...there.reactor.openHandles()].map(String)).to.deep.equal([]);
  });

  it('send many, no faster than they are confirmed', async () => {
    const network = new SimulatedNetwork({ seed: 1, loss: 0.05, latency: 0.01, trace: false });
    const [here, there] = [network.host('here'), network.host('there')];
    const sender = new GuaranteedDatagramProtocol({ queue: { messages: 20 } });
    here.reactor.listenUDP(0, sender);
    there.reactor.listenUDP(4323, new GuaranteedDatagramProtocol());
    let most = 0;
    function* messages(): Iterable<string> {
      for (let i = 0; i < 2000; i++) {
        most = Math.max(most, sender.counters.pending);
        yield `message ${i}`;
      }
    }
    let tally: object | undefined;
    void sendAll(sender, messages(), { host: there.address, port: 4323 }).then((result) => (tally = result));
    await network.runUntilAsync(() => tally !== undefined, { timeout: 60 });
    expect(tally).to.deep.equal({ confirmed: 2000, failed: 0 });
    expect(most).to.be.within(50, 256 + 20);
  });

  it('draw the exchange as the document shows it', () => {
    const document = readFileSync(join(ROOT, 'docs/guaranteed-delivery.md'), 'utf8');
    expect(/```mermaid\n(.*?)```/s.exec(document)?.[1]?.trim()).to.equal(exchange().trim());
  });
});
