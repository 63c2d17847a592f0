/**
 * What keeps a process alive, seen from inside of one: after each scenario either `beforeExit` comes, because nothing is
 * left to wait for, or a timer does that itself keeps nothing (`unref`). Then all is closed, and the next one begins.
 */
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { loadAddon } from '../../../reactor/native/load-addon.js';
import { runProgram } from './program.js';

const KEPT: Record<string, string> = {
  'an open port': 'reactor.listenUDP(0, {});',
  'an open multicast port': 'reactor.listenMulticast(0, {});',
  'an open TCP port': 'reactor.listenTCP(0, () => null);',
  'a connection, when its port has stopped': `
    const port = reactor.listenTCP(0, () => new plait.Protocol(), { interface: '127.0.0.1' });
    const { port: number } = await port.listening;
    const made = new Promise((resolve) => {
      reactor.connectTCP('127.0.0.1', number, () => ({ connectionMade: () => resolve() }));
    });
    await made;
    await port.stopListening();`,
  'an active call': 'reactor.callLater(1000, () => {});',
  'an active call that is due in more than 2^31 milliseconds': 'reactor.callLater(1e9, () => {});',
  'a call beside a cancelled one that was due before':
    'const call = reactor.callLater(500, () => {}); reactor.callLater(1000, () => {}); call.cancel();',
  'a call beside a cancelled one that is due later':
    'const call = reactor.callLater(2000, () => {}); reactor.callLater(1000, () => {}); call.cancel();',
  'a call scheduled after another was cancelled':
    'reactor.callLater(1000, () => {}).cancel(); reactor.callLater(2000, () => {});',
  'a call that was put off': 'reactor.callLater(0.001, () => {}).reset(1000);',
  'a call that a call has scheduled': 'reactor.callLater(0, () => reactor.callLater(1000, () => {}));',
  'a reactor that runs': 'void reactor.run();',
  'a reactor that starts': `
    reactor.addSystemEventTrigger('before', 'startup', () => new Deferred());
    void reactor.run();`,
  'a reactor that stops': `
    reactor.addSystemEventTrigger('before', 'shutdown', () => new Deferred());
    void reactor.run();
    reactor.stop();`,
  'a reactor that is being closed': `
    reactor.addSystemEventTrigger('before', 'shutdown', () => new Deferred());
    void reactor.close();`,
  'the port of a crashed reactor': 'void reactor.run(); reactor.listenUDP(0, {}); reactor.crash();',
  'the call of a crashed reactor': 'void reactor.run(); reactor.callLater(1000, () => {}); reactor.crash();',
  'a call that a stopped reactor was left with, once it runs again': `
    reactor.callLater(1000, () => {});
    await reactor.close();
    void reactor.run();
    reactor.crash();`,
};

const NOT_KEPT: Record<string, string> = {
  'a reactor that was only made': '',
  'a cancelled call': 'reactor.callLater(1000, () => {}).cancel();',
  'many cancelled calls': `
    const calls = Array.from({ length: 500 }, (_, i) => reactor.callLater(1000 - i, () => {}));
    for (const call of calls) call.cancel();`,
  'a call that was made': 'reactor.callLater(0.001, () => {});',
  'a cancelled call that was due at once': 'reactor.callLater(0, () => {}).cancel();',
  'a call cancelled by another': `
    const call = reactor.callLater(1000, () => {});
    reactor.callLater(0.001, () => call.cancel());`,
  'a stopped TCP port': 'void reactor.listenTCP(0, () => null).stopListening();',
  'a connection that was closed, and its port that has stopped': `
    const port = reactor.listenTCP(0, () => new plait.Protocol(), { interface: '127.0.0.1' });
    const { port: number } = await port.listening;
    reactor.connectTCP('127.0.0.1', number, () => ({
      connectionMade(transport) {
        transport.loseConnection();
        void port.stopListening();
      },
    }));`,
  'an attempt to connect that has failed': `
    reactor.on('error', () => {});
    const port = reactor.listenTCP(0, () => null, { interface: '127.0.0.1' });
    const { port: number } = await port.listening;
    await port.stopListening();
    reactor.connectTCP('127.0.0.1', number, () => null);`,
  'a stopped port': 'void reactor.listenUDP(0, {}).stopListening();',
  'a closed reactor, whatever it had': `
    reactor.listenUDP(0, {});
    reactor.listenMulticast(0, {});
    const { port } = await reactor.listenTCP(0, () => new plait.Protocol(), { interface: '127.0.0.1' }).listening;
    reactor.connectTCP('127.0.0.1', port, () => new plait.Protocol());
    reactor.callLater(1000, () => {});
    void reactor.close();`,
  'a call scheduled in a closed reactor': 'await reactor.close(); reactor.callLater(0, () => {});',
  'a reactor that was stopped': `
    const over = reactor.run();
    reactor.listenUDP(0, {});
    reactor.callLater(1000, () => {});
    reactor.stop();
    await over;`,
  'a reactor that has crashed': 'void reactor.run(); reactor.crash();',
  'a reactor that was closed before it had started': `
    const wait = new Deferred();
    reactor.addSystemEventTrigger('before', 'startup', () => wait);
    void reactor.run();
    void reactor.close();
    wait.callback();`,
  'a LoopingCall that was stopped': `
    const loop = new plait.LoopingCall(reactor, () => {});
    loop.start(0.001);
    loop.stop();`,
  'a name that was resolved': 'reactor.resolve("localhost", { timeout: 1000 });',
  'a failure that was reported': 'reactor.on("error", () => {}); reactor.resolve("127.0.0.1", { family: 6 });',
};

/** Milliseconds until a scenario counts as one that keeps the process. What is to end is given more. */
const [KEPT_AFTER, PATIENCE] = [30, 3000];

const scenarios = [...entries(KEPT, KEPT_AFTER), ...entries(NOT_KEPT, PATIENCE)];

const PROGRAM = `
  const scenarios = [${scenarios.join()}];
  const kept = {};
  const next = async () => {
    const scenario = scenarios.shift();
    if (scenario === undefined) {
      console.log(JSON.stringify(kept));
      return;
    }
    const { name, wait, body } = scenario;
    const reactor = new Reactor();
    const decided = new Promise((resolve) => {
      const timer = setTimeout(resolve, wait, true).unref();
      process.once('beforeExit', () => {
        clearTimeout(timer);
        resolve(false);
      });
    });
    await body(reactor);
    kept[name] = await decided;
    process.removeAllListeners('beforeExit');
    if (reactor.running || kept[name]) try { reactor.crash(); } catch {}
    await reactor.close();
    setImmediate(next); // and not at once, because beforeExit comes again only where there was something to do
  };
  void next();`;

const networks = ['node', ...(loadAddon() === undefined ? [] : ['native'])];
for (const network of networks)
  describe(`a process with a reactor on the ${network} network`, function () {
    this.timeout(20_000);
    let kept: Record<string, boolean>;

    before(async () => {
      const { code, stdout, stderr } = await runProgram(PROGRAM, { PLAIT_NETWORK: network });
      expect(stderr).to.equal('');
      expect(code).to.equal(0);
      kept = JSON.parse(stdout) as Record<string, boolean>;
    });

    for (const name of Object.keys(KEPT)) it(`is kept alive by ${name}`, () => expect(kept[name]).to.equal(true));
    for (const name of Object.keys(NOT_KEPT))
      it(`is not kept alive by ${name}`, () => expect(kept[name]).to.equal(false));
  });

function entries(bodies: Record<string, string>, wait: number): string[] {
  return Object.entries(bodies).map(
    ([name, body]) => `{ name: ${JSON.stringify(name)}, wait: ${wait}, body: async (reactor) => {${body}} }`,
  );
}
