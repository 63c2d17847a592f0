/** The ported Twisted programs, run as programs on loopback, and what of them has to do with time on a fake clock. */
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { EchoClientDatagramProtocol } from '../../docs/examples/twisted/echoclient-udp.js';
import { main as getHostByName } from '../../docs/examples/twisted/gethostbyname.js';
import { PingPongProtocol } from '../../docs/examples/twisted/udpbroadcast.js';
import { fail, TimeoutError } from '../../index.js';
import { assertNoResult, FakeDatagramTransport, failureResultOf, successResultOf } from '../../testing.js';
import { openPeer, refusingAddress, withReactor } from './fixtures.js';
import { type Program, startExample } from './program.js';

describe('examples ported from Twisted', () => {
  let programs: Program[] = [];
  const start = (name: string, ...args: (string | number)[]): Program => {
    const program = startExample(`twisted/${name}`, ...args.map(String));
    programs.push(program);
    return program;
  };

  afterEach(async () => {
    await Promise.all(programs.map((program) => program.kill()));
    programs = [];
  });

  it('basic-example echoes and tells what it received', () =>
    withReactor(async (reactor) => {
      const program = start('basic-example', 0);
      const port = await program.port();
      const peer = openPeer(reactor);
      peer.transport.write('hi', { host: '127.0.0.1', port });
      expect(await peer.next()).to.deep.equal({ text: 'hi', from: { host: '127.0.0.1', port } });
      await program.prints(new RegExp(`^received "hi" from 127\\.0\\.0\\.1:${peer.transport.getHost().port}$`, 'm'));
      expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
      expect(program.complaints).to.equal('');
    }));

  it('connected-udp greets its peer and prints the answer', () =>
    withReactor(async (reactor) => {
      const peer = openPeer(reactor);
      const { port } = peer.transport.getHost();
      const program = start('connected-udp', '127.0.0.1', port);
      const { text, from } = await peer.next();
      expect(text).to.equal('hello');
      peer.transport.write('good day', from);
      await program.prints(new RegExp(`^received "good day" from 127\\.0\\.0\\.1:${port}$`, 'm'));
      expect(program.stdout).to.match(new RegExp(`^now we can only send to host 127\\.0\\.0\\.1 port ${port}\n`));
      expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
    }));

  it('connected-udp says so when no one listens, and lives on', () =>
    withReactor(async (reactor) => {
      const program = start('connected-udp', '127.0.0.1', refusingAddress(reactor).port);
      await program.prints(/^No one listening$/m);
      expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
    }));

  it('getting-ip prints the address of localhost and ends', async () => {
    const program = start('getting-ip');
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
    expect(program.stdout).to.match(/^IP of 'localhost' is (127\.0\.0\.1|::1)\n$/);
  });

  it('getting-ip ends also when there is no such name', async () => {
    const program = start('getting-ip', NO_NAME);
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
    expect(program.stdout).to.match(/^DNS lookup of "x+" failed: /);
  });

  it('ipv6-listen echoes to both families', () =>
    withReactor(async (reactor) => {
      const program = start('ipv6-listen', 0);
      const port = await program.port();
      const six = openPeer(reactor, '::1');
      six.transport.write('six', { host: '::1', port });
      expect((await six.next()).text).to.equal('six');
      const four = openPeer(reactor);
      four.transport.write('four', { host: '127.0.0.1', port });
      expect((await four.next()).text).to.equal('four');
      await program.prints(/^received "six" from ::1 port \d+\nreceived "four" from ::ffff:127\.0\.0\.1 port \d+$/m);
      expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
    }));

  it('multicast-client asks the group, and multicast-server answers it', async () => {
    const server = start('multicast-server', 0, '127.0.0.1');
    const port = await server.port();
    const client = start('multicast-client', port, '127.0.0.1');
    await server.prints(new RegExp(`^Datagram "Client: Ping" received from 127\\.0\\.0\\.1:${port}$`, 'm'));
    await client.prints(/^Datagram "Client: Ping" received from/m);
    await client.prints(new RegExp(`^Datagram "Server: Pong" received from 127\\.0\\.0\\.1:${port}$`, 'm'));
    expect(await client.stop()).to.deep.equal({ code: 0, signal: null });
    expect(await server.stop()).to.deep.equal({ code: 0, signal: null });
    expect(server.complaints + client.complaints).to.equal('');
  });

  it('resolve-then-write finds the host by name and writes to it', () =>
    withReactor(async (reactor) => {
      const peer = openPeer(reactor);
      const program = start('resolve-then-write', 'localhost', peer.transport.getHost().port);
      const { text, from } = await peer.next();
      expect(text).to.equal('hello');
      peer.transport.write('welcome', from);
      await program.prints(/^received "welcome" from 127\.0\.0\.1:\d+$/m);
      expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
    }));

  it('broadcast reaches who listens, and prints the answer', () =>
    withReactor(async (reactor) => {
      const peer = openPeer(reactor, '0.0.0.0');
      const program = start('broadcast', peer.transport.getHost().port, LOOPBACK_BROADCAST);
      const { text, from } = await peer.next();
      expect(text).to.equal('is anybody there?');
      peer.transport.write('I am', from);
      await program.prints(/^broadcast allowed: true\nreceived "I am" from 127\.0\.0\.1:\d+$/m);
      expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
    }));

  it('echoclient-udp gets each string back from echoserv-udp and ends', async () => {
    const server = start('echoserv-udp', 0);
    const client = start('echoclient-udp', await server.port());
    expect(await client.exited).to.deep.equal({ code: 0, signal: null });
    expect(client.stdout.split('\n')).to.deep.equal([
      'Datagram received: "Hello, world!"',
      'Datagram received: "What a fine day it is."',
      'Datagram received: "Bye-bye!"',
      '',
    ]);
    expect(await server.stop()).to.deep.equal({ code: 0, signal: null });
  });

  it('udpbroadcast answers a ping with a pong, its own too', async () => {
    const program = start('udpbroadcast', 0, LOOPBACK_BROADCAST);
    const [, id] = await program.prints(/^SEND PING ([0-9a-f]{32})$/m);
    await program.prints(new RegExp(`^RECV PING ${id}$`, 'm'));
    await program.prints(new RegExp(`^RECV PONG ${id}$`, 'm'));
    expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
    expect(program.complaints).to.equal('');
  });

  it('gethostbyname prints an address', async () => {
    const program = start('gethostbyname', 'localhost');
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
    expect(program.stdout).to.match(/^(127\.0\.0\.1|::1)\n$/);
  });

  it('gethostbyname says when a name is not found', async () => {
    const program = start('gethostbyname', NO_NAME);
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
    expect(program.stdout).to.equal('');
    expect(program.complaints).to.equal(`ERROR: hostname not found '${NO_NAME}'\n`);
  });

  it('gethostbyname explains itself to who gives no name, and fails', async () => {
    const program = start('gethostbyname');
    expect(await program.exited).to.deep.equal({ code: 1, signal: null });
    expect(program.complaints).to.equal('Usage: gethostbyname.js HOSTNAME\n');
  });

  it('gethostbyname passes on an error that is not about the name', async () => {
    let caught: unknown;
    await getHostByName({ resolve: () => fail(new TimeoutError(1)) }, 'a').catch((error: unknown) => {
      caught = error;
    });
    expect(caught).to.be.instanceOf(TimeoutError);
  });
});

describe('the echo client on a fake clock', () => {
  beforeEach(silence);
  afterEach(() => sinon.restore());

  const make = (): { client: EchoClientDatagramProtocol; transport: FakeDatagramTransport } => {
    const client = new EchoClientDatagramProtocol(8000);
    const transport = new FakeDatagramTransport();
    void client.makeConnection(transport);
    return { client, transport };
  };
  const written = (transport: FakeDatagramTransport): string[] => transport.written.map(({ data }) => data.toString());
  const server = { host: '127.0.0.1', port: 8000 };

  it('sends again what has not come back after a second', () => {
    const { client, transport } = make();
    transport.clock.advance(1);
    expect(written(transport)).to.deep.equal(['Hello, world!', 'Hello, world!']);
    transport.deliver('Hello, world!', server);
    expect(written(transport).slice(2)).to.deep.equal(['What a fine day it is.']);
    assertNoResult(client.done);
  });

  it('takes an answer that comes twice for one', () => {
    const { transport } = make();
    transport.deliver('Hello, world!', server);
    transport.deliver('Hello, world!', server);
    expect(written(transport)).to.deep.equal(['Hello, world!', 'What a fine day it is.']);
  });

  it('is done, with no timer left, when the last string has come back', () => {
    const { client, transport } = make();
    for (const text of [...client.strings]) transport.deliver(text, server);
    successResultOf(client.done);
    expect(transport.clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('gives up after three times', () => {
    const { client, transport } = make();
    transport.clock.advance(3);
    expect(failureResultOf(client.done).message).to.equal('No answer to "Hello, world!"');
    expect(written(transport)).to.have.length(3);
  });

  it('leaves no timer when it is stopped', () => {
    const { transport } = make();
    void transport.stopListening();
    transport.clock.advance(0);
    expect(transport.clock.getDelayedCalls()).to.deep.equal([]);
  });
});

describe('the broadcaster on a fake clock', () => {
  beforeEach(silence);
  afterEach(() => sinon.restore());

  it('pings every second, with a new id each time, until it is stopped', () => {
    const transport = new FakeDatagramTransport({ port: 8555 });
    void new PingPongProtocol().makeConnection(transport);
    transport.clock.advance(2);
    expect(transport.written.map(({ address }) => address)).to.deep.equal(
      Array.from({ length: 3 }, () => ({ host: '255.255.255.255', port: 8555 })),
    );
    const pings = transport.written.map(({ data }) => data.toString());
    expect(new Set(pings)).to.have.property('size', 3);
    for (const ping of pings) expect(ping).to.match(/^PING [0-9a-f]{32}$/);
    void transport.stopListening();
    transport.clock.advance(10);
    expect(transport.written).to.have.length(3);
    expect(transport.clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('answers a ping with a pong of the same id, and nothing else', () => {
    const transport = new FakeDatagramTransport({ port: 8555 });
    void new PingPongProtocol().makeConnection(transport);
    transport.clear();
    const from = { host: '192.0.2.7', port: 8555 };
    for (const text of ['PING 1f', 'PONG 1f', 'else']) transport.deliver(text, from);
    expect(transport.written).to.deep.equal([
      { data: Buffer.from('PONG 1f'), address: { host: '255.255.255.255', port: 8555 } },
    ]);
  });
});

function silence(): void {
  sinon.stub(console, 'log');
}

/** Too long for a label, so that no server needs to be asked. */
const NO_NAME = 'x'.repeat(64);

/** The broadcast address of the loopback network. */
const LOOPBACK_BROADCAST = '127.255.255.255';
