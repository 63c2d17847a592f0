import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';

interface Outcome {
  stats: { passes: number; failures: number };
  failures: { fullTitle: string; err: { message: string } }[];
}

const MOCHA = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const SETUP = fileURLToPath(new URL('../setup.js', import.meta.url));

/** What mocha says of a fixture under the leak check. */
function run(fixture: string): Promise<Outcome> {
  const file = fileURLToPath(new URL(`fixtures/${fixture}.js`, import.meta.url));
  const { MOCHA_OPTIONS: _, ...env } = process.env;
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [MOCHA, '--no-config', '--require', SETUP, '--reporter', 'json', file],
      { env },
      (error, stdout, stderr) => {
        if (stdout === '') reject(new Error(stderr, { cause: error }));
        else resolve(JSON.parse(stdout) as Outcome);
      },
    );
  });
}

describe('the leak check', function () {
  this.timeout(30_000); // starts processes

  it('fails each test that leaves something open, names it, and goes on with the next describe', async () => {
    const { stats, failures } = await run('leaks');
    const said = failures.map(({ fullTitle, err }) => `${fullTitle}: ${err.message.replace(/ \(open now: .*/, '')}`);
    const hook = '"after each" hook: leaves nothing open for';
    expect(said).to.deep.equal([
      `UDP ${hook} "leaves a socket": The test left open: a UDP socket`,
      `TCP ${hook} "leaves a server and both ends of a connection": The test left open: a TCP server, 2 × TCP connection`,
      `time ${hook} "leaves two timers": The test left open: 2 × timer`,
      `signals ${hook} "leaves a handler": The test left open: a SIGTERM handler`,
      '"after all" hook: afterAll in "{root}": The run left open: ' +
        'a UDP socket, a TCP server, 2 × TCP connection, 2 × timer, a SIGTERM handler',
    ]);
    expect(failures[0]?.err.message).to.match(/ \(open now: udp 127\.0\.0\.1:\d+\)$/);
    expect(stats).to.include({ passes: 4, failures: 5 });
  });

  it('fails the test in which a rejection was left unhandled', async () => {
    const { stats, failures } = await run('rejects');
    expect(stats.passes).to.equal(1);
    const said = new Set(failures.map(({ fullTitle, err }) => `${fullTitle}: ${err.message}`)); // mocha says it twice
    expect([...said]).to.deep.equal(['promises leaves a rejection unhandled: nobody came']);
  });

  it('covers tests outside of any describe', async () => {
    const { failures } = await run('leaks-at-top');
    expect(failures[0]?.err.message).to.equal('The test left open: a timer');
  });

  for (const [what, fixture] of [
    ['a hook of a suite', 'left-by-before'],
    ['the loading of a file', 'left-by-load'],
  ] as const) {
    it(`fails the run when ${what} left something open`, async () => {
      const { stats, failures } = await run(fixture);
      expect(stats).to.include({ passes: 1, failures: 1 });
      expect(failures[0]?.err.message).to.match(/^The run left open: a UDP socket/);
    });
  }

  it('lets tests pass that close what they open, in their hooks or in their last moment', async () => {
    const { stats, failures } = await run('clean');
    expect(failures).to.deep.equal([]);
    expect(stats).to.include({ passes: 3, failures: 0 });
  });
});
