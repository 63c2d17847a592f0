import diagnosticsChannel from 'node:diagnostics_channel';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { listenSomewhere } from '../../docs/examples/errors/another-port.js';
import { logErrors, lossOf, warnOfDrops } from '../../docs/examples/observability/watching.js';
import { InvalidAddressError, Reactor } from '../../index.js';
import { until } from '../reactor/node/sockets.js';

describe('the examples of docs/observability.md', () => {
  let reactor: Reactor;

  beforeEach(() => {
    reactor = new Reactor();
  });

  afterEach(() => reactor.close());

  it('warn of drops, and tell their share', async () => {
    const warnings: string[] = [];
    const stop = warnOfDrops((text) => warnings.push(text));
    const port = reactor.listenUDP(0, {});
    expect(lossOf(port)).to.equal(0);
    port.write('x', { host: '127.255.255.255', port: 9 });
    port.write('x', { host: '127.0.0.1', port: port.getHost().port });
    await until(() => warnings.length === 1);
    expect(warnings).to.deep.equal([`1 lost on port ${port.getHost().port}: EACCES`]);
    expect(lossOf(port)).to.equal(0.5);
    stop();
    expect(diagnosticsChannel.hasSubscribers('plait:udp:drop')).to.equal(false);
  });

  it('log errors with where they came from', async () => {
    const logged: string[] = [];
    logErrors(reactor, (text, error) => logged.push(`${text}: ${error.message}`));
    reactor.callLater(0, () => {
      throw new Error('of the call');
    });
    await until(() => logged.length === 1);
    expect(logged).to.deep.equal(['in timer of DelayedCall: of the call']);
  });
});

describe('the example of docs/errors.md', () => {
  it('listens on another port where the one that was wanted is taken', async () => {
    await using reactor = new Reactor();
    const taken = reactor.listenUDP(0, {}).getHost().port;
    expect(listenSomewhere(reactor, taken, {}).getHost().port).to.not.equal(taken);
  });

  it('passes on every other error', async () => {
    await using reactor = new Reactor();
    expect(() => listenSomewhere(reactor, 70_000, {})).to.throw(RangeError);
    expect(() => reactor.listenUDP(0, {}, { interface: 'localhost' })).to.throw(InvalidAddressError);
  });
});
