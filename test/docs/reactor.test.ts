/** The examples of docs/reactor.md. */
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { visit } from '../../docs/examples/reactor/events.js';
import { freePort, leftovers, serve } from '../../docs/examples/reactor/life.js';
import { talk } from '../../docs/examples/reactor/several.js';
import { IdleTimer } from '../../docs/examples/reactor/timers.js';
import { Clock } from '../../index.js';
import { openPeer, withReactor } from './fixtures.js';
import { runExample } from './program.js';

describe('examples of the reactor guide', () => {
  afterEach(() => sinon.restore());

  it('life: serves until it is stopped, and again', () =>
    withReactor(async (reactor) => {
      const log = sinon.stub(console, 'log');
      for (let run = 0; run < 2; run++) {
        const served = serve(reactor, 0);
        expect(reactor.running).to.equal(true);
        expect(reactor.openHandles()).to.have.length(1);
        reactor.stop();
        await served;
        expect(reactor.openHandles()).to.deep.equal([]);
      }
      expect(log.args).to.deep.equal([['stopped by stop()'], ['stopped by stop()']]);
    }));

  it('life: a reactor that never ran is closed', async () => {
    expect(await freePort()).to.be.within(1, 65535);
  });

  it('life: names what is open', () =>
    withReactor(async (reactor) => {
      const port = reactor.listenUDP(0, {}, { interface: '127.0.0.1' });
      const call = reactor.callLater(60, function remind() {});
      const [first, second] = leftovers(reactor);
      expect(first).to.equal(`<UDP port 127.0.0.1:${port.getHost().port} of Object, open>`);
      expect(second).to.match(/^<DelayedCall \[pending, in .* remind\(\)>$/);
      call.cancel();
      await port.stopListening();
      expect(leftovers(reactor)).to.deep.equal([]);
    }));

  it('timers: expires when nothing has happened for so long', () => {
    const clock = new Clock();
    const expired = sinon.spy();
    const timer = new IdleTimer(clock, 10, expired);
    clock.advance(9);
    timer.touch();
    clock.advance(9);
    sinon.assert.notCalled(expired);
    clock.advance(1);
    sinon.assert.calledOnce(expired);
    timer.touch();
    timer.stop();
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('timers: can be stopped', () => {
    const clock = new Clock();
    const expired = sinon.spy();
    new IdleTimer(clock, 10, expired).stop();
    clock.advance(20);
    sinon.assert.notCalled(expired);
  });

  it('events: says goodbye and waits for the answer before its port is closed', () =>
    withReactor(async (server) =>
      withReactor(async (reactor) => {
        const peer = openPeer(server);
        const visiting = visit(reactor, peer.transport.getHost());
        reactor.stop();
        const { text, from } = await peer.next();
        expect(text).to.equal('goodbye');
        expect(reactor.openHandles()).to.have.length(2); // the port, and the time limit
        peer.transport.write('farewell', from);
        await visiting;
        expect(reactor.openHandles()).to.deep.equal([]);
      }),
    ));

  it('task: prints the addresses of a name and ends', async () => {
    const program = await runExample('reactor/task');
    expect(program.complaints).to.equal('');
    expect(program.stdout.trimEnd().split('\n')).to.contain('127.0.0.1');
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
  });

  it('task: ends with 1 and the error when it fails', async () => {
    const program = await runExample('reactor/task', 'x'.repeat(64));
    expect(program.complaints).to.match(/^DNSLookupError: /);
    expect(await program.exited).to.deep.equal({ code: 1, signal: null });
  });

  it('several: two reactors in one process talk to each other', async () => {
    expect(await talk()).to.equal('from the other');
  });
});
