import diagnosticsChannel from 'node:diagnostics_channel';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import type { TCPPort } from '../../../index.js';
import { Recorder } from '../../../testing/contract/stream-stage.js';
import { until } from './sockets.js';
import { StreamBench } from './stream-bench.js';

describe('the diagnostics channels of TCP tell on', () => {
  const bench = new StreamBench();
  const published: Record<string, unknown>[] = [];
  const subscriptions: (() => void)[] = [];

  afterEach(() => {
    for (const end of subscriptions.splice(0)) end();
    published.length = 0;
  });

  function subscribe(name: string, note = (): void => {}): void {
    const take = (facts: unknown): void => {
      published.push(facts as Record<string, unknown>);
      note();
    };
    diagnosticsChannel.subscribe(name, take);
    subscriptions.push(() => diagnosticsChannel.unsubscribe(name, take));
  }

  const listen = (server: Recorder): TCPPort => bench.reactor.listenTCP(0, () => server, { interface: '127.0.0.1' });

  async function pair(): Promise<{ server: Recorder; client: Recorder; port: TCPPort }> {
    const [server, client] = [new Recorder(), new Recorder()];
    const port = listen(server);
    bench.connect((await port.listening).port, () => client);
    await until(() => server.made && client.made);
    return { server, client, port };
  }

  it('plait:tcp:listening which port listens, before `listening` fires', async () => {
    const port = listen(new Recorder());
    let fired = false;
    void port.listening.addCallback((address) => {
      fired = true;
      return address;
    });
    subscribe('plait:tcp:listening', () => expect(fired).to.equal(false));
    const address = await port.listening;
    expect(published).to.deep.equal([{ port, address }]);
  });

  it('plait:tcp:connected each end, before its connectionMade', async () => {
    const made: boolean[] = [];
    const ends: Recorder[] = [];
    const server = new Recorder();
    subscribe('plait:tcp:connected', () => made.push(ends.some((end) => end.made)));
    const { port } = await listen(server).listening;
    const client = new Recorder();
    ends.push(client);
    bench.connect(port, () => client);
    await until(() => server.made && client.made);
    expect(published).to.have.length(2);
    const [of] = published.filter(({ connection }) => connection === client.transport);
    expect(of).to.include({ connection: client.transport });
    expect(of!['host']).to.deep.equal(client.transport.getHost());
    expect(of!['peer']).to.deep.equal(client.transport.getPeer());
    expect(made[published.indexOf(of!)]).to.equal(false);
  });

  it('plait:tcp:send what was written, and plait:tcp:receive what came', async () => {
    const { server, client } = await pair();
    subscribe('plait:tcp:send');
    client.transport.write('text');
    expect(published).to.deep.equal([{ connection: client.transport, data: 'text' }]);
    subscribe('plait:tcp:receive');
    await until(() => published.length === 2);
    expect(published[1]).to.deep.equal({ connection: server.transport, data: Buffer.from('text') });
  });

  it('plait:tcp:send nothing that is not sent any more', async () => {
    const { client } = await pair();
    subscribe('plait:tcp:send');
    client.transport.write('');
    client.transport.abortConnection();
    client.transport.write('too late');
    expect(published).to.deep.equal([]);
  });

  it('plait:tcp:close why a connection has ended, after connectionLost; and that a port is closed', async () => {
    const { server, client, port } = await pair();
    const address = port.getHost();
    subscribe('plait:tcp:close', () => {
      const { connection } = published.at(-1)!;
      for (const end of [server, client]) {
        if (end.transport === connection) expect(end.log.at(-1)).to.equal('connectionLost');
      }
    });
    client.transport.loseConnection();
    await bench.lost(server, client);
    await port.stopListening();
    expect(published).to.have.deep.members([
      { connection: server.transport, reason: server.reason },
      { connection: client.transport, reason: client.reason },
      { port, address },
    ]);
  });
});
