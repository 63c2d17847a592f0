import { execFile } from 'node:child_process';
import diagnosticsChannel, { Channel } from 'node:diagnostics_channel';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { DatagramProtocol, type ListenUDPOptions, nodeNetwork, Reactor, type UDPPort } from '../../../index.js';
import { CHANNELS } from '../../../reactor/node/debug-log.js';
import { nextLost } from '../../lost-errors.js';
import { until } from './sockets.js';

describe('the diagnostics channels', () => {
  let reactor: Reactor;
  let published: Record<string, unknown>[];
  const subscriptions: (() => void)[] = [];

  beforeEach(() => {
    reactor = new Reactor({ network: nodeNetwork() });
    published = [];
  });

  afterEach(async () => {
    for (const end of subscriptions.splice(0)) end();
    await reactor.close();
  });

  function subscribe(name: string): void {
    const note = (facts: unknown): void => void published.push(facts as Record<string, unknown>);
    diagnosticsChannel.subscribe(name, note);
    subscriptions.push(() => diagnosticsChannel.unsubscribe(name, note));
  }

  function listen(protocol = new DatagramProtocol(), options: ListenUDPOptions = {}): UDPPort {
    return reactor.listenUDP(0, protocol, { interface: '127.0.0.1', ...options });
  }

  /** A port that is connected to another that was there. */
  async function connectedToNobody(): Promise<UDPPort> {
    const [port, peer] = [listen(), listen()];
    port.connect('127.0.0.1', peer.getHost().port);
    await peer.stopListening();
    return port;
  }

  describe('tell on', () => {
    it('plait:udp:listening which port was opened, before its protocol starts', () => {
      subscribe('plait:udp:listening');
      let publishedAtStart = 0;
      const protocol = new DatagramProtocol();
      protocol.startProtocol = () => void (publishedAtStart = published.length);
      const port = listen(protocol);
      expect(publishedAtStart).to.equal(1);
      expect(published).to.deep.equal([{ port, address: port.getHost() }]);
      expect(published[0]?.['port']).to.equal(port);
    });

    it('plait:udp:send what was written, and to whom', () => {
      const [port, to] = [listen(), listen()];
      subscribe('plait:udp:send');
      const address = { host: '127.0.0.1', port: to.getHost().port };
      port.write('text', address);
      port.write(Uint8Array.of(1, 2), address);
      expect(published).to.deep.equal([
        { port, data: Buffer.from('text'), address },
        { port, data: Uint8Array.of(1, 2), address },
      ]);
    });

    it('plait:udp:send the peer, where the port is connected', () => {
      const [port, to] = [listen(), listen()];
      port.connect('127.0.0.1', to.getHost().port);
      subscribe('plait:udp:send');
      port.write('x');
      expect(published[0]?.['address']).to.deep.equal({ host: '127.0.0.1', port: to.getHost().port });
    });

    it('plait:udp:send nothing that was refused with an error', () => {
      const port = listen();
      subscribe('plait:udp:send');
      expect(() => port.write('x', { host: 'localhost', port: 9 })).to.throw();
      expect(() => port.write(Buffer.alloc(65508), { host: '127.0.0.1', port: 9 })).to.throw();
      expect(published).to.deep.equal([]);
    });

    it('plait:udp:receive what arrived, and from whom', async () => {
      const [from, port] = [listen(), listen()];
      subscribe('plait:udp:receive');
      from.write('text', port.getHost());
      await until(() => published.length === 1);
      const address = { host: '127.0.0.1', port: from.getHost().port };
      expect(published).to.deep.equal([{ port, data: Buffer.from('text'), address }]);
    });

    it('plait:udp:drop how many datagrams were lost here, and why', async () => {
      const port = listen(new DatagramProtocol(), { interface: '0.0.0.0' });
      const short = listen(new DatagramProtocol(), { maxPacketSize: 3 });
      subscribe('plait:udp:drop');
      port.write('x', { host: '127.255.255.255', port: 9 });
      await until(() => published.length === 1);
      port.write('long', { host: '127.0.0.1', port: short.getHost().port });
      await until(() => published.length === 2);
      expect(published).to.deep.equal([
        { port, count: 1, reason: 'EACCES' },
        { port: short, count: 1, reason: 'maxPacketSize' },
      ]);
    });

    it('plait:udp:refused whose port was refused', async () => {
      const port = await connectedToNobody();
      subscribe('plait:udp:refused');
      port.write('x');
      await until(() => published.length === 1);
      expect(published[0]?.['port']).to.equal(port);
      expect(published[0]?.['address']).to.include({ host: '127.0.0.1' });
    });

    it('plait:udp:error what a hook threw, and which', async () => {
      const errors: unknown[] = [];
      reactor.on('error', (error) => errors.push(error));
      const thrown = new Error('in the hook');
      const protocol = new DatagramProtocol();
      protocol.datagramReceived = () => {
        throw thrown;
      };
      const [from, port] = [listen(), listen(protocol)];
      subscribe('plait:udp:error');
      from.write('x', port.getHost());
      await until(() => published.length === 1);
      expect(published).to.deep.equal([{ port, error: thrown, hook: 'datagramReceived' }]);
      expect(errors).to.deep.equal([thrown]);
    });

    it('plait:udp:close which port is closed', async () => {
      const port = listen();
      subscribe('plait:udp:close');
      const stopped = port.stopListening();
      expect(published).to.deep.equal([]);
      await stopped;
      expect(published).to.deep.equal([{ port, address: port.getHost() }]);
    });

    it('plait:time:call which call is made, before it is made', async () => {
      subscribe('plait:time:call');
      let publishedAtCall = -1;
      const call = reactor.callLater(0, function greet() {
        publishedAtCall = published.length;
      });
      await until(() => publishedAtCall !== -1);
      expect(publishedAtCall).to.equal(1);
      expect(published).to.deep.equal([{ call, name: 'greet' }]);
    });
  });

  it('are given the error that a subscriber throws to nobody but the process', async () => {
    const uncaught = nextLost('uncaughtException');
    const broken = (): void => {
      throw new Error('in the subscriber');
    };
    diagnosticsChannel.subscribe('plait:udp:send', broken);
    subscriptions.push(() => diagnosticsChannel.unsubscribe('plait:udp:send', broken));
    const [port, to] = [listen(), listen()];
    port.write('x', to.getHost());
    expect((await uncaught).message).to.equal('in the subscriber');
    await until(() => to.stats.received === 1);
  });

  it('are published to by a whole life of a port only where somebody subscribes', async () => {
    const publish = sinon.spy(Channel.prototype, 'publish');
    try {
      const port = await connectedToNobody();
      port.write('x');
      await until(() => port.stats.refused === 1);
      const other = listen(new DatagramProtocol(), { maxPacketSize: 1 });
      const from = listen();
      from.write('x', other.getHost());
      from.write('too long', other.getHost());
      let called = false;
      reactor.callLater(0, () => (called = true));
      await until(() => called && other.stats.received === 1 && other.stats.dropped === 1);
      await reactor.close();
      expect(publish.getCalls().map(({ thisValue }) => (thisValue as Channel).name)).to.not.satisfy(
        (names: unknown[]) => names.some((name) => String(name).startsWith('plait:')),
      );
    } finally {
      publish.restore();
    }
  });

  it('are each described in docs/observability.md', async () => {
    const root = new URL('../../../../', import.meta.url);
    const text = await readFile(new URL('docs/observability.md', root), 'utf8');
    const described = [...text.matchAll(/^### `plait:([^`]+)`$/gm)].map(([, name]) => name);
    expect(described).to.include.members([...CHANNELS]);
    const sources = (await readdir(new URL('reactor', root))).filter((name) => name.endsWith('.ts'));
    const texts = await Promise.all(sources.map((name) => readFile(new URL(`reactor/${name}`, root), 'utf8')));
    const asked = texts.flatMap((each) => [...each.matchAll(/\.channel\('([^']+)'\)/g)].map(([, name]) => name));
    expect(described).to.have.members(asked);
  });

  it('get the same facts from every reactor of the process', async () => {
    await using other = new Reactor({ network: nodeNetwork() });
    subscribe('plait:udp:listening');
    const ports = [listen(), other.listenUDP(0, {}, { interface: '127.0.0.1' })];
    expect(published.map(({ port }) => port)).to.deep.equal(ports);
  });
});

describe('NODE_DEBUG=plait', () => {
  const program = fileURLToPath(new URL('./fixtures/life-of-a-port.js', import.meta.url));

  async function stderrWith(debug: string): Promise<string[]> {
    const env = { ...process.env, NODE_DEBUG: debug };
    const { stderr } = await promisify(execFile)(process.execPath, [program], { env });
    return stderr.split('\n').filter((line) => line.startsWith('PLAIT'));
  }

  it('prints what the channels publish, once, however many reactors there are', async () => {
    const lines = await stderrWith('plait');
    const events = lines.map((line) => /^PLAIT \d+: (\S+) <UDP port 127\.0\.0\.1:\d+ of/.exec(line)?.[1]);
    expect(events).to.deep.equal([
      'udp:listening',
      'udp:listening',
      'udp:send',
      'udp:send',
      'udp:drop',
      'udp:receive',
      'udp:error',
      'udp:close',
      'udp:close',
    ]);
    expect(lines[5]).to.include("data: <Buffer 68 65 6c 6c 6f>, address: { host: '127.0.0.1', port:");
  });

  it('prints nothing when it is not set', async () => {
    expect(await stderrWith('')).to.deep.equal([]);
  });
});
