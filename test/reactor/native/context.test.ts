/**
 * What the hooks of a port of the native network run in: as on Node's sockets, the context that the port was opened in.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { afterEach, beforeEach, it } from 'mocha';
import { nativeNetwork, Reactor } from '../../../index.js';
import { describeNative } from '../../contract/native-contract-network.js';
import { until } from '../node/sockets.js';

const HERE = { interface: '127.0.0.1' };

describeNative('the AsyncLocalStorage of a port of the native network', () => {
  const storage = new AsyncLocalStorage<string>();
  let reactor: Reactor;

  beforeEach(() => {
    reactor = new Reactor({ network: nativeNetwork() });
  });

  afterEach(() => reactor.close());

  it('is in datagramReceived what it was when the port was opened, after a garbage collection too', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const seen: unknown[] = [];
    const port = storage.run('opened', () =>
      reactor.listenUDP(0, { datagramReceived: () => void seen.push(storage.getStore()) }, HERE),
    );
    const writer = reactor.listenUDP(0, {}, HERE);
    for (let i = 1; i <= 3; i++) {
      await nextTurn();
      collect();
      writer.write('x', port.getHost());
      await until(() => seen.length === i);
    }
    expect(seen).to.deep.equal(['opened', 'opened', 'opened']);
  });

  it('is that of each port where the network tells several of refusals at once', async () => {
    const gone = reactor.listenUDP(0, {}, HERE);
    const { port } = gone.getHost();
    await gone.stopListening();
    const seen: unknown[] = [];
    const open = (name: string): void =>
      storage.run(name, () => {
        const one = reactor.listenUDP(0, { connectionRefused: () => void seen.push([name, storage.getStore()]) }, HERE);
        one.connect('127.0.0.1', port);
        const other = reactor.listenUDP(
          0,
          { errorReceived: () => void seen.push([name, storage.getStore()]) },
          { ...HERE, reportErrors: true },
        );
        one.write('x');
        other.write('x', { host: '127.0.0.1', port });
      });
    open('first');
    open('second');
    await until(() => seen.length === 4);
    expect(seen).to.have.deep.members([
      ['first', 'first'],
      ['first', 'first'],
      ['second', 'second'],
      ['second', 'second'],
    ]);
  });
});
