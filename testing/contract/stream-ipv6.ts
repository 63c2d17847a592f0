/**
 * Connections over IPv6.
 */
import assert from 'node:assert/strict';
import type { InternetAddress } from '../../lib/address.js';
import { ConnectionRefusedError } from '../../lib/stream-errors.js';
import { address6 } from './stage.js';
import { ClientRecorder, echo, Recorder, type StreamTest } from './stream-stage.js';

export function ipv6Tests(test: StreamTest): void {
  test('carries bytes, and shows addresses of IPv6', async (stage) => {
    const server = echo();
    const factory = new ClientRecorder(() => server);
    const { port, address } = await stage.listen(stage.there, factory, { interface: address6(stage.there) });
    const bound = { type: 'TCP', family: 'IPv6', host: address6(stage.there), port: address.port };
    assert.deepEqual({ ...port.getHost() }, bound);
    const client = new Recorder({ connectionMade: ({ transport }) => transport.write('hello') });
    stage.connect(address, () => client);
    await stage.until(() => client.text === 'hello');
    const { transport } = client;
    assert.deepEqual({ ...transport.getPeer() }, bound);
    const from = transport.getHost() as InternetAddress;
    assert.deepEqual({ ...from, port: 0 }, { type: 'TCP', family: 'IPv6', host: address6(stage.here), port: 0 });
    assert.deepEqual(factory.peers, [from]);
    assert.deepEqual(server.transport.getPeer(), from);
    assert.deepEqual({ ...server.transport.getHost() }, bound);
    const text = (transport as { toString(): string }).toString();
    assert.ok(text.includes(`[${address.host}]:${address.port}`), text);
  });

  test('takes IPv4, too, on `::`, and shows it as mapped addresses', async (stage) => {
    const factory = new ClientRecorder(() => echo());
    const { address } = await stage.listen(stage.there, factory, { interface: '::' });
    const hosts = [stage.there.address, address6(stage.there)];
    const clients = hosts.map((host) => {
      const client = new Recorder({ connectionMade: ({ transport }) => transport.write('hello') });
      stage.connect({ host, port: address.port }, () => client);
      return client;
    });
    await stage.until(() => clients.every(({ text }) => text === 'hello'));
    assert.deepEqual(
      factory.peers.map(({ host, family }) => `${family} ${host}`).sort(),
      [`IPv6 ::ffff:${stage.here.address}`, `IPv6 ${address6(stage.here)}`].sort(),
    );
    assert.equal((clients[0]!.transport.getPeer() as InternetAddress).host, stage.there.address);
  });

  test('does not reach a port of IPv4', async (stage) => {
    const { address } = await stage.listen(stage.there, () => assert.fail('connected'));
    const factory = new ClientRecorder();
    const to = { host: address6(stage.there), port: address.port };
    stage.connect(to, factory);
    await stage.until(() => factory.stopped);
    assert.ok(factory.reasons[0] instanceof ConnectionRefusedError);
    assert.ok(factory.reasons[0].message.includes(`[${to.host}]:${to.port}`), factory.reasons[0].message);
  });

  test('connects from the address that was asked for', async (stage) => {
    const factory = new ClientRecorder(() => echo());
    const { address } = await stage.listen(stage.there, factory, { interface: address6(stage.there) });
    const client = new Recorder();
    stage.connect(address, () => client, { bindAddress: { host: address6(stage.here) } });
    await stage.until(() => client.made && factory.peers.length === 1);
    assert.equal(factory.peers[0]!.host, address6(stage.here));
    assert.deepEqual(client.transport.getHost(), factory.peers[0]);
  });
}
