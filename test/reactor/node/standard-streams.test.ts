/** The standard streams of a process of its own, whose ends are pipes in this one. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { NotSupportedError } from '../../../index.js';
import { SimulatedNetwork } from '../../../testing.js';

const PLAIT = new URL('../../../index.js', import.meta.url).href;

describe('standardIO', () => {
  let child: ChildProcessWithoutNullStreams | undefined;

  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    child = undefined;
  });

  /** Starts a program that has a reactor, and gives what it has written when it ends, after `input`. */
  async function run(body: string, input?: string): Promise<{ code: number | null; out: string; err: string }> {
    const source = `import { Protocol, Reactor } from '${PLAIT}';\nconst reactor = new Reactor();\n${body}`;
    const started = spawn(process.execPath, ['--input-type=module', '--eval', source]);
    child = started;
    let [out, err] = ['', ''];
    started.stdout.setEncoding('utf8').on('data', (text: string) => void (out += text));
    started.stderr.setEncoding('utf8').on('data', (text: string) => void (err += text));
    if (input !== undefined) started.stdin.end(input);
    const [code] = (await once(started, 'close')) as [number | null];
    return { code, out, err };
  }

  it('gives a protocol the input, and writes what it writes; the end of the input is the end', async () => {
    const { out, err, code } = await run(
      `
      let heard = '';
      reactor.standardIO({
        connectionMade: (transport) => transport.write('hello\\n'),
        dataReceived: (data, transport) => { heard += data; transport.write(data); },
        connectionLost: (reason) => setImmediate(() => console.error(reason.name, heard, reactor.openHandles().length)),
      });`,
      'one\ntwo\n',
    );
    expect(out).to.equal('hello\none\ntwo\n');
    expect(err).to.equal('ConnectionDone one\ntwo\n 0\n');
    expect(code).to.equal(0);
  });

  it('lets what was written leave, and then the process end, though the input goes on', async () => {
    const { out, err, code } = await run(`
      reactor.standardIO({
        connectionMade(transport) {
          for (let i = 0; i < 5; i++) transport.write('x'.repeat(100_000));
          transport.loseConnection();
        },
        connectionLost: (reason) => console.error(reason.name),
      });`);
    expect(out).to.have.lengthOf(500_000);
    expect(err).to.equal('ConnectionDone\n');
    expect(code).to.equal(0);
  });

  it('tells a protocol with halves of the end of the input, after which it may still write', async () => {
    const { out, err } = await run(
      `
      class Half extends Protocol {
        dataReceived() {}
        readConnectionLost() {
          this.transport.write('last words');
          this.transport.loseConnection();
        }
        writeConnectionLost() {}
        connectionLost(reason) { console.error(reason.name); }
      }
      reactor.standardIO(new Half());`,
      'x',
    );
    expect(out).to.equal('last words');
    expect(err).to.equal('ConnectionDone\n');
  });

  it('tells of the end of the input once, however often it is paused and resumed afterwards', async () => {
    const { err } = await run(
      `
      class Half extends Protocol {
        readConnectionLost() {
          console.error('end');
          for (let i = 0; i < 3; i++) {
            this.transport.pauseProducing();
            this.transport.resumeProducing();
          }
          reactor.callLater(0.01, () => this.transport.loseConnection());
        }
        writeConnectionLost() {}
      }
      reactor.standardIO(new Half());`,
      '',
    );
    expect(err).to.equal('end\n');
  });

  it('reads nothing while it is paused', async () => {
    const { err } = await run(
      `
      reactor.standardIO({
        connectionMade(transport) {
          transport.pauseProducing();
          reactor.callLater(0.05, () => {
            console.error('resumed');
            transport.resumeProducing();
          });
        },
        dataReceived: (data) => console.error(data.toString()),
      });`,
      'input',
    );
    expect(err).to.equal('resumed\ninput\n');
  });

  it('has one protocol at a time, and another one after it', async () => {
    const { err } = await run(`
      const first = reactor.standardIO({
        connectionLost() {
          reactor.standardIO({ connectionMade: (transport) => transport.loseConnection() });
          console.error('second');
        },
      });
      try { reactor.standardIO({}); } catch (error) { console.error(error.name); }
      first.loseConnection();`);
    expect(err).to.equal('AlreadyConnectedError\nsecond\n');
  });

  it('ends when the reactor stops', async () => {
    const { err, code } = await run(`
      reactor.standardIO({ connectionLost: (reason) => console.error(reason.name) });
      reactor.callWhenRunning(() => reactor.stop());
      await reactor.run();
      console.error('over');`);
    expect(err).to.equal('ConnectionDone\nover\n');
    expect(code).to.equal(0);
  });

  it('ends with ConnectionLost when nobody reads the output any more', async () => {
    const source = `
      import { Reactor } from '${PLAIT}';
      const reactor = new Reactor();
      const transport = reactor.standardIO({
        connectionMade: () => console.error('made'),
        dataReceived: (data, transport) => transport.write(data),
        connectionLost: (reason) => console.error(reason.name),
      });`;
    const started = spawn(process.execPath, ['--input-type=module', '--eval', source]);
    child = started;
    let err = '';
    started.stderr.setEncoding('utf8').on('data', (text: string) => void (err += text));
    started.stdin.on('error', () => {});
    await once(started.stderr, 'data');
    started.stdout.destroy();
    await once(started.stdout, 'close');
    started.stdin.write('x');
    await once(started, 'close');
    expect(err).to.equal('made\nConnectionLost\n');
  });

  it('ends, with the error, when a hook throws', async () => {
    const { err } = await run(
      `
      reactor.on('error', (error, { hook }) => console.error(hook, error.message));
      reactor.standardIO({
        dataReceived() { throw new Error('of the hook'); },
        connectionLost: (reason) => console.error(reason.message),
      });`,
      'x',
    );
    expect(err).to.equal('dataReceived of the hook\nof the hook\n');
  });

  it('is not supported on a simulated network', () => {
    const { reactor } = new SimulatedNetwork().host('a');
    expect(() => reactor.standardIO({})).to.throw(NotSupportedError, 'standardIO');
  });
});
