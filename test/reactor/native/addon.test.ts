import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { it } from 'mocha';
import { describeNative } from '../../contract/native-contract-network.js';
import { runProgram } from '../node/program.js';

/** What a file posts that is run in a thread of its own, and so in an environment that the addon knows nothing of. */
async function posted(file: string, workerData: unknown): Promise<unknown> {
  const worker = new Worker(new URL(`./fixtures/${file}`, import.meta.url), { workerData });
  try {
    const [message] = (await once(worker, 'message')) as [unknown];
    return message;
  } finally {
    await worker.terminate();
  }
}

describeNative('the addon', () => {
  it('answers or throws a TypeError, whatever it is called with', async () => {
    const counts = (await posted('fuzz-addon.js', { seed: 20, runs: 300 })) as Record<string, number>;
    expect(counts['answered']).to.be.greaterThan(100);
    expect(counts['refused']).to.be.greaterThan(1000);
  });

  it('serves several threads, each with sockets of its own, and those that end with open sockets', async () => {
    const { code, stdout, stderr } = await runProgram(
      `
      import { Worker } from 'node:worker_threads';
      import { once } from 'node:events';
      const body = \`
        import { parentPort } from 'node:worker_threads';
        import { Reactor, nativeNetwork } from '${new URL('../../../index.js', import.meta.url).href}';
        const reactor = new Reactor({ network: nativeNetwork() });
        const port = reactor.listenUDP(0, {
          datagramReceived: (data, address, transport) => transport.write(data, address),
        }, { interface: '127.0.0.1' });
        parentPort.postMessage(port.getHost().port);\`;
      const reactor = new Reactor({ network: plait.nativeNetwork() });
      const workers = [1, 2].map(() => new Worker(new URL('data:text/javascript,' + encodeURIComponent(body))));
      const ports = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
      let answers = 0;
      const done = new Deferred();
      const port = reactor.listenUDP(0, {
        datagramReceived(data, address, transport) {
          if (++answers === 1000) done.callback();
          else if (answers < 1000) transport.write(data, address);
        },
      }, { interface: '127.0.0.1' });
      for (const to of ports) for (let i = 0; i < 20; i++) port.write('x', { host: '127.0.0.1', port: to });
      await done;
      await Promise.all(workers.map((worker) => worker.terminate()));
      await reactor.close();
      console.log('over');`,
      { PLAIT_NETWORK: 'native' },
    );
    expect(stderr).to.equal('');
    expect(stdout).to.equal('over\n');
    expect(code).to.equal(0);
  }).timeout(20_000);

  for (const [how, end] of [
    ['ends itself', 'process.exit()'],
    ['is ended from outside', 'parentPort.postMessage("end me")'],
    ['dies of an error', 'process.nextTick(() => { throw new Error("of the test"); })'],
    ['closes its reactor', 'void reactor.close()'],
  ]) {
    it(`outlives a thread that ${how} inside datagramReceived, with more to tell and to send`, async () => {
      const { code, stdout, stderr } = await runProgram(`
        import { Worker } from 'node:worker_threads';
        const body = \`
          import { parentPort } from 'node:worker_threads';
          import { Reactor, nativeNetwork } from '${new URL('../../../index.js', import.meta.url).href}';
          const reactor = new Reactor({ network: nativeNetwork() });
          let count = 0;
          const ports = [1, 2, 3].map(() => reactor.listenUDP(0, {
            datagramReceived(data, address, transport) {
              if (++count === 100) { ${end}; }
              for (let i = 0; i < 2; i++) transport.write(data, address);
            },
          }, { interface: '127.0.0.1', reportErrors: true }));
          for (let i = 0; i < 150; i++) ports[i % 3].write('x', ports[(i + 1) % 3].getHost());\`;
        for (let i = 0; i < 2; i++) {
          const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(body)));
          worker.on('message', () => void worker.terminate());
          worker.on('error', ({ message }) => console.log(message));
          await new Promise((resolve) => worker.on('exit', resolve));
        }
        console.log('over');`);
      expect(stderr).to.equal('');
      expect(stdout).to.equal(how === 'dies of an error' ? 'of the test\nof the test\nover\n' : 'over\n');
      expect(code).to.equal(0);
    }).timeout(20_000);
  }

  it('touches no memory that who got a datagram has taken away, and counts what was in it', async () => {
    const { code, stdout, stderr } = await runProgram(
      `
      import { setFlagsFromString } from 'node:v8';
      setFlagsFromString('--allow-natives-syntax');
      const detach = new Function('buffer', '%ArrayBufferDetach(buffer)'); // Node 20 has no ArrayBuffer.prototype.transfer
      const take = (buffer) => {
        if (typeof buffer.transfer !== 'function') return detach(buffer);
        try {
          buffer.transfer(1);
        } catch {
          // later versions of Node do not let go of it
        }
      };
      const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
      const reactor = new Reactor({ network: plait.nativeNetwork() });
      const texts = [];
      const port = reactor.listenUDP(0, { datagramReceived(data) {
        texts.push(data.toString());
        take(data.buffer);
      } }, { interface: '127.0.0.1' });
      const writer = reactor.listenUDP(0, {}, { interface: '127.0.0.1' });
      const told = () => port.stats.received + port.stats.dropped;
      for (let turn = 0; turn < 20; turn++) {
        writer.write('first of ' + turn, port.getHost());
        for (let i = 0; i < 3; i++) writer.write('x'.repeat(i), port.getHost());
        while (told() < 4 * (turn + 1)) await nextTurn();
      }
      console.log(texts.filter((text) => text.startsWith('first')).length, texts.length === port.stats.received);
      await reactor.close();`,
    );
    expect(stderr).to.equal('');
    expect(stdout).to.equal('20 true\n');
    expect(code).to.equal(0);
  }).timeout(20_000);

  for (const [how, end] of [
    ['before process.exit', 'say(); process.exit(0);'],
    ['before an uncaught exception', 'say(); throw new Error("of the test");'],
    ['before its last port is stopped', 'say(); void port.stopListening();'],
    ['by who hears of the end', 'process.on("exit", say); process.exit(0);'],
  ]) {
    it(`sends what a process writes last: ${how}`, async () => {
      const { stdout } = await runProgram(
        `
        import { spawnSync } from 'node:child_process';
        const reactor = new Reactor();
        const heard = [];
        const done = new Deferred();
        const port = reactor.listenUDP(0, { datagramReceived: (data) => {
          heard.push(data.toString());
          if (heard.length === 3) done.callback();
        } }, { interface: '127.0.0.1' });
        const child = \`
          import { Reactor } from '${new URL('../../../index.js', import.meta.url).href}';
          const port = new Reactor().listenUDP(0, {}, { interface: '127.0.0.1' });
          const to = { host: '127.0.0.1', port: \${port.getHost().port} };
          const say = () => ['one', 'two', 'three'].forEach((text) => port.write(text, to));
          ${end}\`;
        spawnSync(process.execPath, ['--input-type=module', '--eval', child]);
        await done;
        console.log(heard.join());
        await reactor.close();`,
        { PLAIT_NETWORK: 'native' },
      );
      expect(stdout).to.equal('one,two,three\n');
    }).timeout(20_000);
  }
});
