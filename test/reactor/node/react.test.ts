import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Program, runProgram } from './program.js';

describe('react', function () {
  this.timeout(20_000);

  it('runs a reactor until main is done, and exits with 0', async () => {
    const { code, stdout, stderr } = await runProgram(`
      await react(async (reactor) => {
        console.log(reactor instanceof Reactor, reactor.running);
        await plait.deferLater(reactor, 0.01);
        console.log('done');
      });
      console.log('never comes here');`);
    expect(stdout).to.equal('true true\ndone\n');
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
  });

  it('takes a Deferred from main, even one that has fired', async () => {
    const { code, stdout } = await runProgram(`
      await react((reactor) => {
        reactor.on('shutdown', () => console.log('shutdown'));
        return plait.succeed('result');
      });`);
    expect(stdout).to.equal('shutdown\n');
    expect(code).to.equal(0);
  });

  it('shuts the reactor before it exits: triggers are awaited, ports closed', async () => {
    const { code, stdout } = await runProgram(`
      await react(async (reactor) => {
        reactor.listenUDP(0, { stopProtocol() { console.log('port stopped'); } });
        reactor.callLater(1000, () => {});
        reactor.addSystemEventTrigger('before', 'shutdown', () =>
          plait.deferLater(reactor, 0.01, () => console.log('before')));
        reactor.addSystemEventTrigger('after', 'shutdown', () => console.log('after'));
      });`);
    expect(stdout).to.equal('before\nport stopped\nafter\n');
    expect(code).to.equal(0);
  });

  for (const [how, main] of [
    ['rejects', 'async () => { throw new Error("on purpose"); }'],
    ['rejects later', '(reactor) => plait.deferLater(reactor, 0.01, () => { throw new Error("on purpose"); })'],
    ['gives a Deferred that has failed already', '() => plait.fail(new Error("on purpose"))'],
    ['throws', '() => { throw new Error("on purpose"); }'],
    ['throws what is no Error', '() => { throw "on purpose"; }'],
  ]) {
    it(`exits with 1, the error on stderr and the reactor shut, where main ${how}`, async () => {
      const { code, stdout, stderr } = await runProgram(`
        await react((reactor) => {
          reactor.on('shutdown', () => console.log('shutdown'));
          return (${main})(reactor);
        });`);
      expect(code).to.equal(1);
      expect(stderr).to.include('on purpose');
      expect(stderr.match(/on purpose/g)!.length, 'told once, but for its source line').to.be.at.most(2);
      expect(stdout).to.equal('shutdown\n');
    });
  }

  it('keeps an exit code that main has set', async () => {
    const { code, stderr } = await runProgram('await react(async () => { process.exitCode = 7; });');
    expect(code).to.equal(7);
    expect(stderr).to.equal('');
  });

  it('exits with 1 where main fails, whatever exit code it has set', async () => {
    const { code } = await runProgram('await react(async () => { process.exitCode = 7; throw new Error("no"); });');
    expect(code).to.equal(1);
  });

  it('exits with 0 where the reactor is stopped before main is done', async () => {
    const { code, stdout, stderr } = await runProgram(`
      await react((reactor) => {
        reactor.callLater(0.01, () => reactor.stop());
        reactor.on('shutdown', () => console.log('shutdown'));
        return new Deferred();
      });`);
    expect(stdout).to.equal('shutdown\n');
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
  });

  it('does not stop a reactor twice where main is done because it stops', async () => {
    const { code, stdout, stderr } = await runProgram(`
      await react((reactor) => {
        const done = new Deferred();
        for (const phase of ['before', 'during', 'after']) {
          reactor.addSystemEventTrigger(phase, 'shutdown', () => {
            console.log(phase);
            if (phase !== 'before' && !done.called) done.callback();
          });
        }
        reactor.stop();
        return done;
      });`);
    expect(stdout).to.equal('before\nduring\nafter\n');
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
  });

  it('exits with 1 where main fails while the reactor stops', async () => {
    const { code, stderr } = await runProgram(`
      await react((reactor) => {
        const main = new Deferred();
        reactor.addSystemEventTrigger('before', 'shutdown', () => main.errback(new Error('on purpose')));
        reactor.stop();
        return main;
      });`);
    expect(stderr).to.include('on purpose');
    expect(code).to.equal(1);
  });

  it('ends, with its shutdown, on a signal', async () => {
    const program = new Program(`
      await react((reactor) => {
        reactor.on('shutdown', () => console.log('shutdown'));
        console.log('running');
        return new Promise(() => {});
      });`);
    await program.written('running');
    program.signal('SIGTERM');
    const { code, stdout } = await program.end;
    expect(stdout).to.equal('running\nshutdown\n');
    expect(code).to.equal(0);
  });

  it('goes on where something else than main fails, and tells it on stderr', async () => {
    const { code, stdout, stderr } = await runProgram(`
      await react(async (reactor) => {
        reactor.callLater(0, () => { throw new Error('on purpose'); });
        await plait.deferLater(reactor, 0.01);
        console.log('done');
      });`);
    expect(stdout).to.equal('done\n');
    expect(stderr).to.include('on purpose');
    expect(code).to.equal(0);
  });
});
