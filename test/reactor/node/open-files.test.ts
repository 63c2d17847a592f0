import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { Program, runProgram } from './program.js';
import { until } from './sockets.js';

/** The connections that the program has room for, more or less, and those that want to be there. */
const [ROOM, WANTED] = [10, 25];

/** A server with little room, which tells of itself whoever asks. */
const SERVER = `
  import { closeSync, openSync } from 'node:fs';
  import { performance } from 'node:perf_hooks';

  const files = [];
  const fill = () => {
    try {
      for (;;) files.push(openSync(process.execPath));
    } catch {}
  };
  const reactor = new Reactor();
  const seen = { accepted: 0, lost: 0, reported: [], turns: 0, connect: '', listen: '' };
  reactor.on('error', (error, { hook }) => seen.reported.push(hook + ' ' + error.code));
  const tell = (transport) => {
    seen.turns = performance.nodeTiming.uvMetricsInfo.loopCount;
    transport.write(JSON.stringify(seen) + '\\n');
  };
  const commands = {
    tell,
    async open(transport) {
      fill(); // what one of Node's threads had meanwhile
      class Attempt extends plait.ClientFactory {
        clientConnectionFailed(_connector, reason) {
          seen.connect = reason.name + ' ' + reason.cause.code;
          tell(transport);
        }
      }
      await reactor.listenTCP(0, () => null).listening.addErrback((error) => {
        seen.listen = error.name + ' ' + error.cause.code;
      });
      reactor.connectTCP('127.0.0.1', 9, new Attempt());
    },
  };
  const port = reactor.listenTCP(0, () => ({
    connectionMade(transport) {
      seen.accepted++;
      transport.write('welcome');
    },
    dataReceived: (data, transport) => commands[data](transport),
    connectionLost: () => void seen.lost++,
  }), { interface: '127.0.0.1' });
  const { port: number } = await port.listening;
  fill();
  for (let i = 0; i < ${ROOM}; i++) closeSync(files.pop());
  console.log('port ' + number + '.');`;

interface Seen {
  accepted: number;
  lost: number;
  reported: string[];
  /** Of the program's loop. */
  turns: number;
  connect: string;
  listen: string;
}

describe('a process that may open no more files', function () {
  this.timeout(20_000);
  let program: Program | undefined;
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    program?.signal('SIGKILL');
    await program?.end;
  });

  /** The program with as many connections as it can have, those, and where to connect to. */
  async function full(): Promise<{ port: number; taken: Socket[] }> {
    program = Program.limited(SERVER, 300);
    await program.written('.');
    const port = Number(/port (\d+)/.exec(program.output)![1]);
    const taken = new Set<Socket>();
    let closed = 0;
    for (let i = 0; i < WANTED; i++) {
      const socket = connect({ host: '127.0.0.1', port });
      socket.on('error', () => {}).on('close', () => closed++);
      socket.once('data', () => taken.add(socket));
      sockets.push(socket);
    }
    // What it can't take it turns away.
    await until(() => closed + taken.size === WANTED);
    expect(closed).to.be.greaterThan(0);
    expect(taken.size).to.be.greaterThan(ROOM / 2);
    return { port, taken: [...taken] };
  }

  async function ask(socket: Socket, what: 'tell' | 'open' = 'tell'): Promise<Seen> {
    socket.write(what);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return JSON.parse(answer.toString()) as Seen;
  }

  it('serves those it has, and its port does nothing meanwhile', async () => {
    const { taken } = await full();
    const before = await ask(taken[0]!);
    expect(before.accepted).to.equal(taken.length);
    expect(before.reported.length).to.be.at.most(WANTED - taken.length);
    await runProgram(''); // takes a while, in which a loop that does not wait turns thousands of times
    const after = await ask(taken[1]!);
    expect(after.accepted).to.equal(taken.length);
    expect(after.turns - before.turns).to.be.at.most(10);
  });

  it('takes connections again when others have gone', async () => {
    const { port, taken } = await full();
    for (const socket of taken.slice(1, 4)) socket.destroy();
    let seen: Seen;
    do seen = await ask(taken[0]!);
    while (seen.lost < 3);
    for (let i = 1; i <= 3; i++) {
      const socket = connect({ host: '127.0.0.1', port });
      sockets.push(socket);
      await once(socket, 'data');
      expect(await ask(socket)).to.include({ accepted: taken.length + i });
    }
  });

  it('can neither connect nor listen, which is told as any other failure', async () => {
    const { taken } = await full();
    const seen = await ask(taken[0]!, 'open');
    expect(seen).to.include({ connect: 'ConnectError EMFILE', listen: 'CannotListenError EMFILE' });
    expect(seen.reported).to.deep.equal([]);
  });
});
