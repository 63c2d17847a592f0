import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Reactor } from '../../../index.js';
import { Program } from './program.js';

const base = new URL('../../../', import.meta.url).href;

/** All that might be left in a process. Requests are not counted: the reading of the modules themselves is one. */
const SNAPSHOT = `
  import diagnostics from 'node:diagnostics_channel';
  void process.stdout;
  const snapshot = () => ({
    resources: process.getActiveResourcesInfo().filter((each) => !/Req|PipeWrap/.test(each)).sort(),
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]).sort(),
    globals: Reflect.ownKeys(globalThis).map(String).sort(),
    prototypes: [Object, Array, Promise, Error, Map, Buffer].map((each) => Reflect.ownKeys(each.prototype).length),
    subscribed: ['udp:send', 'udp:receive', 'udp:listening'].filter((name) => diagnostics.hasSubscribers('plait:' + name)),
  });
  const difference = (before, after) =>
    Object.keys(before).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key])).join() || 'none';`;

describe('side effects', function () {
  this.timeout(20_000);

  it('are none of importing plait, plait/protocols and plait/testing, nor of making a Reactor', async () => {
    const { code, stdout, stderr } = await Program.plain(`
      ${SNAPSHOT}
      const before = snapshot();
      const plait = await import('${base}index.js');
      await import('${base}protocols/index.js');
      await import('${base}testing.js');
      const imported = snapshot();
      const reactors = [new plait.Reactor(), new plait.Reactor()];
      const made = snapshot();
      await new Promise((resolve) => setImmediate(resolve));
      const later = snapshot();
      for (const after of [imported, made, later]) console.log(difference(before, after));
      console.log(reactors.flatMap((reactor) => reactor.openHandles()).length);`).end;
    expect(stderr).to.equal('');
    expect(stdout).to.equal('none\nnone\nnone\n0\n');
    expect(code).to.equal(0);
  });

  it('are none left of a reactor that has run, when it is stopped', async () => {
    const { code, stdout, stderr } = await Program.plain(`
      ${SNAPSHOT}
      const { Reactor } = await import('${base}index.js');
      const before = snapshot();
      const reactor = new Reactor();
      const over = reactor.run();
      reactor.listenUDP(0, {});
      const during = snapshot();
      reactor.stop();
      await over;
      await new Promise((resolve) => setImmediate(resolve));
      console.log(difference(before, during));
      console.log(difference(before, snapshot()));`).end;
    expect(stderr).to.equal('');
    expect(stdout).to.equal('resources,listeners\nnone\n');
    expect(code).to.equal(0);
  });

  it('of one reactor are none on another', async () => {
    const [one, other] = [new Reactor(), new Reactor()];
    const port = one.listenUDP(0, {}, { interface: '127.0.0.1' });
    const call = one.callLater(1000, () => {});
    expect(other.openHandles()).to.deep.equal([]);
    await other.close();
    expect(one.openHandles()).to.deep.equal([port, call]);
    call.cancel();
    await one.close();
  });
});
