import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runProgram } from './program.js';

describe('an error that no listener takes', function () {
  this.timeout(20_000);

  it('goes to stderr, once, with where it came from and its stack, and the program goes on', async () => {
    const { code, stdout, stderr } = await runProgram(`
      const reactor = new Reactor();
      reactor.callLater(0, function heartbeat() { throw new TypeError('on purpose'); });
      reactor.callLater(0.001, () => console.log('next'));`);
    expect(stderr).to.match(/^plait: unhandled error in timer of DelayedCall: TypeError: on purpose\n +at /);
    expect(stderr.match(/plait:/g)).to.have.lengthOf(1);
    expect(stdout).to.equal('next\n');
    expect(code).to.equal(0);
  });

  it('goes to stderr with that of the listener where the listener throws', async () => {
    const { code, stdout, stderr } = await runProgram(`
      const reactor = new Reactor();
      reactor.on('error', () => { throw new Error('of the listener'); });
      reactor.callLater(0, () => { throw new Error('of the call'); });
      reactor.callLater(0.001, () => console.log('next'));`);
    expect(stderr).to.match(/in timer of DelayedCall: Error: of the call/);
    expect(stderr).to.match(/in listener of Reactor: Error: of the listener/);
    expect(stdout).to.equal('next\n');
    expect(code).to.equal(0);
  });

  it('goes to stderr with its cause', async () => {
    const { stderr } = await runProgram(`
      const reactor = new Reactor();
      reactor.callLater(0, () => { throw new Error('on purpose', { cause: new Error('the cause') }); });
      reactor.callLater(0, () => { throw 'no error'; });`);
    expect(stderr).to.include('the cause');
    expect(stderr).to.include('no error');
  });

  it('goes to stderr from every hook, trigger and Deferred', async () => {
    const { code, stderr } = await runProgram(`
      const reactor = new Reactor();
      const port = (protocol) => reactor.listenUDP(0, protocol);
      const error = (message) => new Error('on purpose: ' + message);
      class Echo { async startProtocol() { throw error('async hook'); } }
      port(new Echo());
      port({ stopProtocol() { throw error('plain object'); } });
      port({ __proto__: null, stopProtocol() { throw error('object without a class'); } });
      reactor.addSystemEventTrigger('before', 'shutdown', () => Promise.reject(error('trigger')));
      reactor.resolve('::1', { family: 4 }).addErrback(() => { throw error('Deferred'); });
      reactor.callWhenRunning(() => { throw error('callWhenRunning'); });
      void reactor.run();
      await reactor.close();`);
    for (const [where, message] of [
      ['startProtocol of Echo', 'async hook'],
      ['stopProtocol of Object', 'plain object'],
      ['stopProtocol of object', 'object without a class'],
      ['trigger of ', 'trigger'],
      ['deferred of Deferred', 'Deferred'],
      ['trigger of ', 'callWhenRunning'],
    ]) {
      const told = stderr.split('\n').filter((line) => line.endsWith(`Error: on purpose: ${message}`));
      expect(told, message).to.have.lengthOf(1);
      expect(told[0]).to.match(new RegExp(`^plait: unhandled error in ${where}`));
    }
    expect(code).to.equal(0);
  });

  it('is no unhandled rejection, and no uncaught exception', async () => {
    const { code, stdout } = await runProgram(`
      const reactor = new Reactor();
      process.on('unhandledRejection', () => console.log('unhandled rejection'));
      process.on('uncaughtException', () => console.log('uncaught exception'));
      reactor.callLater(0, async () => { throw new Error('async'); });
      reactor.callLater(0, () => plait.fail(new Error('Deferred')));
      reactor.callLater(0, () => { throw new Error('throw'); });
      reactor.resolve('::1', { family: 4 });`);
    expect(stdout).to.equal('');
    expect(code).to.equal(0);
  });
});
