/** Several processes on one port. Where the network has no SO_REUSEPORT, that the program says so. */
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type Address, DatagramProtocol, Reactor } from '../../index.js';
import { openPeer, withReactor } from './fixtures.js';
import { type Program, startExample } from './program.js';

/** Ports that ask: the odds that one of two processes gets none of them are 1 to 2 ** 63. */
const PEERS = 64;

describe('the server in several processes', function () {
  this.timeout(20_000);

  let program: Program;
  beforeEach(() => {
    program = startExample('reuseport/server', '0', '2');
  });
  afterEach(() => program.kill());

  /** The pids of both processes, and the port. */
  async function started(): Promise<{ pids: string[]; port: number }> {
    const [, first, port, second, other] = await program.prints(
      /process (\d+) listens on port (\d+)\nprocess (\d+) listens on port (\d+)\n/,
    );
    expect(other).to.equal(port);
    return { pids: [first!, second!], port: Number(port) };
  }

  const refusal = whyNoReusePort();
  if (refusal !== undefined) {
    it('ends with 1 and the reason where the network cannot share a port', async () => {
      expect(await program.exited).to.deep.equal({ code: 1, signal: null });
      expect(program.stderr).to.contain(refusal.name);
      expect(program.stderr).to.contain('A process ended (1) before it listened');
      expect(program.stdout).to.equal('0 datagrams were received\n');
    });
    return;
  }

  it('shares the port and the load, and stops in order', () =>
    withReactor(async (reactor) => {
      const { pids, port } = await started();
      expect(await whoAnswers(reactor, { host: '127.0.0.1', port })).to.have.members(pids);
      expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
      expect(program.stdout).to.match(new RegExp(`\n${PEERS} datagrams were received\n$`));
      expect(program.complaints).to.equal('');
    }));

  it('replaces a process that was asked to end', () =>
    withReactor(async (reactor) => {
      const { pids, port } = await started();
      const [first, second] = pids as [string, string];
      process.kill(Number(first), 'SIGTERM');
      const [, replacement] = await program.prints(/(?:process \d+ listens.*\n){2}process (\d+) listens on port \d+\n/);
      expect(await whoAnswers(reactor, { host: '127.0.0.1', port })).to.have.members([second, replacement]);
      expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
      expect(program.stdout).to.match(new RegExp(`\n${PEERS} datagrams were received\n$`));
      expect(program.complaints).to.equal('');
    }));
});

/** The pids in the answers that many peers get. */
async function whoAnswers(reactor: Reactor, address: Address): Promise<string[]> {
  const answers = Array.from({ length: PEERS }, async (_, index) => {
    const peer = openPeer(reactor);
    peer.transport.write(`hello ${index}`, address);
    const { text } = await peer.next();
    const [, pid, said] = /^(\d+) (.*)$/.exec(text)!;
    expect(said).to.equal(`hello ${index}`);
    return pid!;
  });
  return [...new Set(await Promise.all(answers))];
}

/** What stands against it here. */
function whyNoReusePort(): Error | undefined {
  const reactor = new Reactor();
  try {
    reactor.listenUDP(0, new DatagramProtocol(), { interface: '127.0.0.1', reusePort: true });
    return undefined;
  } catch (error) {
    return error as Error;
  } finally {
    void reactor.close();
  }
}
