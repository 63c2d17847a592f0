/** The demo: as a program, and where what it shows does not happen. */
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { main } from '../../docs/examples/demo.js';
import { type Network, nodeNetwork, Reactor, TimeoutError } from '../../index.js';
import { runExample } from './program.js';

describe('the demo', () => {
  it('shows an echo, a refusal and a discovery, and ends by itself with 0', async () => {
    const { stdout, complaints, exited } = await runExample('demo');
    expect(complaints).to.equal('');
    expect(await exited).to.deep.equal({ code: 0, signal: null });
    const [echo, connected, multicast] = stdout.split(/^(?=\d\. )/m).slice(1) as [string, string, string];

    for (const line of ['to be', 'or not to be', 'Zażółć gęślą jaźń']) {
      expect(echo).to.match(new RegExp(`client +"${line}" to 127\\.0\\.0\\.1:\\d+\n`));
      expect(echo).to.match(new RegExp(`client +"${line}" came back from 127\\.0\\.0\\.1:\\d+\n`));
    }
    expect(connected).to.match(
      new RegExp(
        [
          '   visitor "hello" to 127\\.0\\.0\\.1:(\\d+)',
          '   server  heard "hello" from 127\\.0\\.0\\.1:\\d+',
          '   visitor was answered "good day"',
          '   server  is gone',
          '   visitor "still there\\?"',
          '   visitor was refused: nobody listens at 127\\.0\\.0\\.1:\\1',
        ].join('\n'),
      ),
    );
    for (const name of ['Ada', 'Grace', 'Edsger']) {
      expect(multicast).to.match(new RegExp(`${name} +listens in the group on port (\\d+)\n`));
      expect(multicast).to.match(new RegExp(`client +heard "I am ${name}" from 127\\.0\\.0\\.1:\\d+\n`));
    }
    expect(multicast).to.match(/\nEverything happened as it should\.\n$/);
  });

  it('ends with 1 and the error when it cannot join the group', async () => {
    const { stdout, complaints, exited } = await runExample('demo', 'no-such-interface');
    expect(await exited).to.deep.equal({ code: 1, signal: null });
    expect(complaints).to.match(/^MulticastJoinError: Group 239\.192\.7\.1 on no-such-interface: /);
    expect(stdout).not.to.contain('Everything');
  });

  describe('on a network that loses datagrams', () => {
    let clock: sinon.SinonFakeTimers;

    beforeEach(() => {
      sinon.stub(console, 'log');
      clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    });
    afterEach(() => sinon.restore());

    /** What the demo fails with when the time for an answer passes as soon as one is lost. */
    async function failureOf(isLost: (data: string) => boolean): Promise<unknown> {
      const passTime = (): void => void setImmediate(() => clock.tick(5000));
      const reactor = new Reactor({ network: losing(isLost, passTime) });
      try {
        await main(reactor);
        return undefined;
      } catch (error) {
        return error;
      } finally {
        await reactor.close();
      }
    }

    it('fails in the first scene when nothing arrives', async () => {
      const failure = await failureOf(() => true);
      expect(failure).to.be.an('error').with.property('message', 'The echo did not come back');
    });

    it('fails in the second when the greeting is not answered', async () => {
      expect(await failureOf((data) => data === 'good day')).to.be.instanceOf(TimeoutError);
    });

    it('fails in the third when one server is not heard', async () => {
      expect(await failureOf((data) => data === 'I am Grace')).to.be.instanceOf(TimeoutError);
    });
  });
});

/** Node's network, but for the datagrams that are lost. */
function losing(isLost: (data: string) => boolean, lost: () => void): Network {
  const real = nodeNetwork();
  return {
    name: 'losing',
    attach(owner) {
      const driver = real.attach(owner);
      const bindUDP = driver.bindUDP.bind(driver);
      driver.bindUDP = (spec, sink) => {
        const socket = bindUDP(spec, sink);
        const send = socket.send.bind(socket);
        socket.send = (data, to) => {
          if (isLost(Buffer.from(data as Uint8Array).toString())) lost();
          else send(data, to);
        };
        return socket;
      };
      return driver;
    },
  };
}
