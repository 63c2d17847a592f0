/** The ported TCP programs of Twisted that speak in lines, run in this process. */
import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { main as chatserver } from '../../docs/examples/twisted-tcp/chatserver.js';
import { main as echoclient } from '../../docs/examples/twisted-tcp/echoclient.js';
import { main as echoserv } from '../../docs/examples/twisted-tcp/echoserv.js';
import { main as finger04 } from '../../docs/examples/twisted-tcp/finger04.js';
import { main as finger05 } from '../../docs/examples/twisted-tcp/finger05.js';
import { main as finger06 } from '../../docs/examples/twisted-tcp/finger06.js';
import { main as finger07 } from '../../docs/examples/twisted-tcp/finger07.js';
import { FingerFactory, main as finger08 } from '../../docs/examples/twisted-tcp/finger08.js';
import { main as longex, RootServer } from '../../docs/examples/twisted-tcp/longex.js';
import { main as longex2, runIterator } from '../../docs/examples/twisted-tcp/longex2.js';
import { main as postfix } from '../../docs/examples/twisted-tcp/postfix.js';
import { main as servAnswer } from '../../docs/examples/twisted-tcp/servers-answer.js';
import { ChatFactory, main as servChat } from '../../docs/examples/twisted-tcp/servers-chat.js';
import { main as servLogfile } from '../../docs/examples/twisted-tcp/servers-logfile.js';
import { Clock, ConnectionRefusedError, fail, type InternetAddress } from '../../index.js';
import { failureResultOf, simulation, StringTransport, successResultOf } from '../../testing.js';
import { withReactor } from './fixtures.js';
import { refusingPort, serving, visit, Visitor } from './tcp-fixtures.js';

describe('TCP examples ported from Twisted, with lines', () => {
  afterEach(() => sinon.restore());

  it('echoclient gets each line back from echoserv, and ends', () =>
    withReactor((reactor) =>
      serving(reactor, echoserv, async (port) => {
        const log = sinon.stub(console, 'log');
        await echoclient(reactor, port);
        expect(log.args.map((line) => line.join(' '))).to.deep.equal([
          'receive: Hello, world!',
          'receive: What a fine day it is.',
          'receive: Bye-bye!',
          'connection lost: The connection was closed cleanly',
        ]);
      }),
    ));

  it('echoclient fails where nobody listens', () =>
    withReactor(async (reactor) => {
      sinon.stub(console, 'log');
      const failure = await echoclient(reactor, await refusingPort(reactor)).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(ConnectionRefusedError);
    }));

  it('chatserver tells all what one says, as long as they are there', () =>
    withReactor((reactor) =>
      serving(reactor, chatserver, async (port) => {
        const log = sinon.stub(console, 'log');
        const one = await visit(reactor, port);
        one.says('alone?\r\n');
        await one.hears('alone?\r\n');
        const two = await visit(reactor, port);
        two.says('no\r\n');
        await two.hears('no\r\n');
        await one.hears('no\r\n');
        two.transport.loseConnection();
        await two.end();
        one.says('alone\r\n');
        await one.hears('alone\r\n');
        expect(log.args.slice(0, 2)).to.deep.equal([['Got new client!'], ['received %j', 'alone?']]);
      }),
    ));

  it('servers-chat asks for a name, and greets', () =>
    withReactor((reactor) =>
      serving(reactor, servChat, async (port) => {
        const visitor = await visit(reactor, port);
        await visitor.hears("What's your name?\r\n");
        visitor.says('ada\r\n');
        await visitor.hears('Welcome, ada!\r\n');
      }),
    ));

  it(
    'servers-chat passes on what is said with the name, gives no name twice, and frees it',
    simulation(async (network) => {
      network.host('server').reactor.listenTCP(80, new ChatFactory());
      const [ada, bob] = ['a', 'b'].map((name) => {
        const visitor = new Visitor();
        network.host(name).reactor.connectTCP('server', 80, () => visitor);
        return visitor;
      });
      const tell = async (visitor: Visitor, text: string): Promise<void> => {
        visitor.says(`${text}\r\n`);
        await network.advanceAsync(1);
      };
      await network.advanceAsync(1);
      await tell(ada!, 'ada');
      await tell(bob!, 'ada');
      expect(bob!.heard).to.equal("What's your name?\r\nName taken, please choose another.\r\n");
      await tell(bob!, 'bob');
      await tell(bob!, 'hello');
      expect(ada!.heard).to.equal("What's your name?\r\nWelcome, ada!\r\n<bob> hello\r\n");
      bob!.transport.loseConnection();
      await network.advanceAsync(1);
      const third = new Visitor();
      network.host('c').reactor.connectTCP('server', 80, () => third);
      await network.advanceAsync(1);
      await tell(third, 'bob');
      expect(third.heard).to.equal("What's your name?\r\nWelcome, bob!\r\n");
    }),
  );

  it('longex answers one question after the other', () =>
    withReactor((reactor) =>
      serving(reactor, longex, async (port) => {
        const visitor = await visit(reactor, port);
        visitor.says('1000000\r\nten\r\n15\r\n0\r\n');
        await visitor.hears('1000\r\nerror\r\n3\r\n0\r\n');
      }),
    ));

  it('longex works no more for who has left', () => {
    const transport = new StringTransport();
    void new RootServer().makeConnection(transport);
    transport.deliver('1000000000\r\n');
    transport.disconnect();
    expect(transport.clock.getDelayedCalls()).to.deep.equal([]);
    expect(transport.value().toString()).to.equal('');
  });

  it('longex2 answers a short question before a long one', () =>
    withReactor((reactor) =>
      serving(reactor, longex2, async (port) => {
        const visitor = await visit(reactor, port);
        visitor.says('100000000\r\n100\r\n');
        await visitor.hears('100: 10\r\n100000000: 10000\r\n');
      }),
    ));

  it('longex2 fails as its generator does, and stops when it is cancelled', () => {
    const clock = new Clock();
    const failing = runIterator(
      clock,
      (function* (): Generator<number, number> {
        yield 1;
        throw new RangeError('enough');
      })(),
    );
    clock.advance(0);
    failureResultOf(failing, RangeError);
    const cancelled = runIterator(clock, [1, 2, 3].values()).addErrback(() => 'cancelled');
    cancelled.cancel();
    expect(successResultOf(cancelled)).to.equal('cancelled');
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('postfix looks up keys, and says what it does not know', () =>
    withReactor((reactor) =>
      serving(reactor, postfix, async (port) => {
        const visitor = await visit(reactor, port);
        for (const [question, answer] of [
          ['get alice', '200 alice%40example.org'],
          ['get anybody%20else', '200 nobody%25'],
          ['get bob', '500 not found'],
          ['get %', '400 the key is not well encoded'],
          ['get', '500 Command get takes 1 parameter.'],
          ['put alice bob', '500 put is not implemented yet.'],
          ['delete alice', '500 unknown command'],
        ]) {
          visitor.says(`${question}\n`);
          await visitor.hears(`${answer}\n`);
        }
      }),
    ));

  it('servers-answer knows one answer', () =>
    withReactor((reactor) =>
      serving(reactor, servAnswer, async (port) => {
        const visitor = await visit(reactor, port);
        visitor.says('How are you?\r\nAnd now?\r\n');
        await visitor.hears("Fine\r\nI don't know what you mean\r\n");
      }),
    ));

  it('servers-logfile has written all lines when it ends, after those there were', () =>
    withReactor(async (reactor) => {
      const folder = mkdtempSync(join(tmpdir(), 'plait-'));
      try {
        const file = join(folder, 'log');
        for (const text of ['one\r\ntwo\r\n', 'three\r\n']) {
          const main = (_: unknown, port: number): Promise<void> => servLogfile(reactor, port, file);
          await serving(reactor, main, async (port) => {
            const visitor = await visit(reactor, port);
            visitor.says(text);
            const length = (): number => readFileSync(file, 'utf8').length;
            const before = length();
            while (length() < before + text.replaceAll('\r', '').length) await new Promise(setImmediate);
          });
        }
        expect(readFileSync(file, 'utf8')).to.equal('one\ntwo\nthree\n');
      } finally {
        rmSync(folder, { recursive: true });
      }
    }));

  for (const [name, main, answers] of [
    ['finger04', finger04, ['', '']],
    ['finger05', finger05, ['No such user\r\n', 'No such user\r\n']],
    ['finger06', finger06, ['No such user\r\n', 'No such user\r\n']],
    ['finger07', finger07, ['Happy and well\r\n', 'No such user\r\n']],
    ['finger08', finger08, ['Happy and well\r\n', 'No such user\r\n']],
  ] as const) {
    it(`${name} answers "${answers[0].trim()}" for one user and "${answers[1].trim()}" for another`, () =>
      withReactor((reactor) =>
        serving(reactor, main, async (port) => {
          for (const [i, user] of ['moshez', 'toString'].entries()) {
            const visitor = await visit(reactor, port);
            visitor.says(`${user}\r\n`);
            await visitor.hears(answers[i]!);
            expect(await visitor.end()).to.equal('ConnectionDone');
          }
        }),
      ));
  }

  it('finger08 says so when the lookup fails', () => {
    class Failing extends FingerFactory {
      override getUser(): ReturnType<FingerFactory['getUser']> {
        return fail(new Error('no database'));
      }
    }
    const transport = new StringTransport();
    void new Failing({}).buildProtocol({} as InternetAddress)!.makeConnection(transport);
    transport.deliver('moshez\r\n');
    expect(transport.value().toString()).to.equal('Internal error in server\r\n');
    expect(transport.disconnecting).to.equal(true);
  });
});
