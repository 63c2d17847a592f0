import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Deferred, Reactor } from '../../../index.js';
import { Program } from './program.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

describe('signals of the process', () => {
  describe('handlers', () => {
    let reactor: Reactor;
    let before: number[];
    const handlers = (): number[] => SIGNALS.map((signal, i) => process.listenerCount(signal) - before[i]!);

    beforeEach(() => {
      reactor = new Reactor();
      before = [0, 0];
      before = handlers();
    });

    afterEach(() => reactor.close());

    it('are installed in the during phase of startup, not before', async () => {
      const startup = new Deferred<void>();
      const seen: number[][] = [];
      for (const phase of ['before', 'during'] as const) {
        reactor.addSystemEventTrigger(phase, 'startup', () => void seen.push(handlers()));
      }
      reactor.addSystemEventTrigger('before', 'startup', () => startup);
      void reactor.run();
      expect(handlers()).to.deep.equal([0, 0]);
      startup.callback();
      expect(seen).to.deep.equal([
        [0, 0],
        [1, 1],
      ]);
    });

    it('are there until the run is over, and gone after it', async () => {
      const seen: number[][] = [];
      reactor.addSystemEventTrigger('after', 'shutdown', () => void seen.push(handlers()));
      const over = reactor.run();
      expect(handlers()).to.deep.equal([1, 1]);
      reactor.stop();
      await over;
      expect(seen).to.deep.equal([[1, 1]]);
      expect(handlers()).to.deep.equal([0, 0]);
    });

    it('are gone after a crash', () => {
      void reactor.run();
      reactor.crash();
      expect(handlers()).to.deep.equal([0, 0]);
    });

    it('are not installed where run was told so', () => {
      void reactor.run({ installSignalHandlers: false });
      expect(reactor.running).to.equal(true);
      expect(handlers()).to.deep.equal([0, 0]);
    });

    it('are of each reactor that runs', async () => {
      const other = new Reactor();
      void reactor.run();
      void other.run();
      expect(handlers()).to.deep.equal([2, 2]);
      await other.close();
      expect(handlers()).to.deep.equal([1, 1]);
    });
  });

  describe('in a program', function () {
    this.timeout(20_000);

    for (const signal of SIGNALS) {
      it(`${signal} stops the run, which tells it, and the program ends by itself`, async () => {
        const program = new Program(`
          const reactor = new Reactor();
          reactor.listenUDP(0, { stopProtocol() { console.log('port stopped'); } });
          reactor.addSystemEventTrigger('before', 'shutdown', () => console.log('before shutdown'));
          reactor.callWhenRunning(() => console.log('running'));
          await reactor.run();
          console.log('over', reactor.exitSignal);`);
        await program.written('running');
        program.signal(signal);
        const { code, stdout, stderr } = await program.end;
        expect(stdout).to.equal(`running\nbefore shutdown\nport stopped\nover ${signal}\n`);
        expect(stderr).to.equal('');
        expect(code).to.equal(0);
      });
    }

    it('a second one has its usual effect: it ends a shutdown that hangs', async () => {
      const program = new Program(`
        const reactor = new Reactor();
        reactor.addSystemEventTrigger('before', 'shutdown', () => {
          console.log('stopping');
          return new Deferred();
        });
        reactor.callWhenRunning(() => console.log('running'));
        await reactor.run();`);
      await program.written('running');
      program.signal('SIGTERM');
      await program.written('stopping');
      program.signal('SIGINT');
      const { code, signal } = await program.end;
      expect([code, signal]).to.deep.equal([null, 'SIGINT']);
    });

    it('the first one has its usual effect where no handlers are installed', async () => {
      const program = new Program(`
        const reactor = new Reactor();
        reactor.on('shutdown', () => console.log('shutdown'));
        reactor.callWhenRunning(() => console.log('running'));
        await reactor.run({ installSignalHandlers: false });`);
      await program.written('running');
      program.signal('SIGTERM');
      const { signal, stdout } = await program.end;
      expect(signal).to.equal('SIGTERM');
      expect(stdout).to.equal('running\n');
    });

    it('one stops every reactor that runs', async () => {
      const program = new Program(`
        const reactors = [new Reactor(), new Reactor()];
        const over = reactors.map((reactor) => reactor.run());
        console.log('running');
        await Promise.all(over);
        console.log(...reactors.map((reactor) => reactor.exitSignal));`);
      await program.written('running');
      program.signal('SIGINT');
      const { code, stdout } = await program.end;
      expect(stdout).to.equal('running\nSIGINT SIGINT\n');
      expect(code).to.equal(0);
    });

    it("one reaches the program's own handler too", async () => {
      const program = new Program(`
        const reactor = new Reactor();
        process.on('SIGINT', () => console.log('own handler'));
        reactor.callWhenRunning(() => console.log('running'));
        await reactor.run();
        console.log('over', process.listenerCount('SIGINT'));`);
      await program.written('running');
      program.signal('SIGINT');
      const { stdout } = await program.end;
      expect(stdout).to.equal('running\nown handler\nover 1\n');
    });

    it('one before or after the run is no business of the reactor', async () => {
      const program = new Program(`
        const reactor = new Reactor();
        const over = reactor.run();
        reactor.stop();
        await over;
        setInterval(() => {}, 1000);
        console.log('over');`);
      await program.written('over');
      program.signal('SIGTERM');
      const { signal } = await program.end;
      expect(signal).to.equal('SIGTERM');
    });
  });
});
