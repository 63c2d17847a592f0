import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runProgram } from './program.js';

/** The hooks of which TLS runs some inside itself, where it must not be taken away. */
const HOOKS = ['connectionMade', 'handshakeCompleted', 'dataReceived', 'readConnectionLost', 'writeConnectionLost'];

/** How the hook ends the connection; it goes on to write. */
const WAYS = {
  abortConnection: 'transport.abortConnection();',
  'a throw': 'throw new Error("ended");',
  'abortConnection and loseConnection': 'transport.abortConnection(); transport.loseConnection();',
};

// In a process of its own, because it is the process that a mistake here ends.
const PROGRAM = `
  import { CLIENT, SERVER } from '${new URL('certificates.js', import.meta.url).href}';
  const reactor = new Reactor();
  reactor.on('error', () => {});
  const data = Buffer.alloc(300_000, 'x');

  /** A handler whose hook ends its connection, and the name of the reason that it hears then. */
  const ending = (hook, way) => {
    const reason = new Deferred();
    const handler = talker(reason);
    const usual = handler[hook];
    handler[hook] = (...args) => {
      usual(...args);
      const transport = args.at(-1);
      try {
        new Function('transport', way)(transport);
      } finally {
        transport.write(data);
      }
    };
    return { handler, reason };
  };

  /** Sends much, all that it has to, and hears the other to its end. */
  const talker = (reason = new Deferred()) => ({
    connectionMade: (transport) => {
      transport.write(data);
      transport.loseWriteConnection();
    },
    handshakeCompleted() {},
    dataReceived() {},
    readConnectionLost() {},
    writeConnectionLost() {},
    connectionLost: (why) => reason.callback(why.name),
  });

  const outcomes = {};
  for (const hook of ${JSON.stringify(HOOKS)}) {
    for (const [name, way] of ${JSON.stringify(Object.entries(WAYS))}) {
      for (const end of ['server', 'client']) {
        const { handler, reason } = ending(hook, way);
        const [server, client] = end === 'server' ? [handler, talker()] : [talker(), handler];
        const port = reactor.listenSSL(0, () => server, SERVER, { interface: '127.0.0.1' });
        const { host, port: number } = await port.listening;
        reactor.connectSSL(host, number, () => client, CLIENT);
        outcomes[[end, hook, name].join()] = await reason;
        await port.stopListening();
      }
    }
  }
  await reactor.close();
  console.log(JSON.stringify({ outcomes, open: reactor.openHandles().length }));`;

describe('TLS that ends in one of its own callbacks', function () {
  this.timeout(20_000);

  it('ends in good order: the process goes on, and the hook has the reason that it gave', async () => {
    const { code, signal, stdout, stderr } = await runProgram(PROGRAM);
    expect({ code, signal, stderr }).to.deep.equal({ code: 0, signal: null, stderr: '' });
    const { outcomes, open } = JSON.parse(stdout) as { outcomes: Record<string, string>; open: number };
    expect(open).to.equal(0);
    for (const end of ['server', 'client']) {
      for (const hook of HOOKS) {
        expect(outcomes[`${end},${hook},abortConnection`], `${end} in ${hook}`).to.equal('ConnectionAborted');
        expect(outcomes[`${end},${hook},a throw`], `${end} in ${hook}`).to.equal('Error');
        expect(outcomes[`${end},${hook},abortConnection and loseConnection`]).to.equal('ConnectionAborted');
      }
    }
  });
});
