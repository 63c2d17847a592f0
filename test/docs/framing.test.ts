/** The examples of docs/framing.md. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Impatient } from '../../docs/examples/framing/idle.js';
import { greet, serve } from '../../docs/examples/framing/inbox.js';
import { JSONReceiver } from '../../docs/examples/framing/json.js';
import { OneByOne } from '../../docs/examples/framing/one-by-one.js';
import { threeBytes } from '../../docs/examples/framing/three-bytes.js';
import { Clock } from '../../index.js';
import { int32Strings, LengthLimitError, lines, MessageInbox } from '../../protocols/index.js';
import { StringTransport } from '../../testing.js';
import { withReactor } from './fixtures.js';
import { runExample } from './program.js';
import '../../docs/examples/framing/upload.test.js';

describe('examples of the framing guide', () => {
  it('sum: asks, prints the answer and ends', async () => {
    const program = await runExample('framing/sum');
    expect(program.complaints).to.equal('');
    expect(program.stdout).to.equal('6\n');
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
  });

  it('json: receives objects and sends them', () => {
    const receiver = new JSONReceiver();
    const objects: unknown[] = [];
    receiver.objectReceived = (object) => objects.push(object);
    const transport = new StringTransport();
    void receiver.makeConnection(transport);
    receiver.sendObject({ a: [1, 'ä'] });
    transport.deliver(transport.value());
    expect(objects).to.deep.equal([{ a: [1, 'ä'] }]);
  });

  it('json: says what is too long, and hangs up', () => {
    const receiver = new JSONReceiver();
    const transport = new StringTransport();
    void receiver.makeConnection(transport);
    transport.deliver(Buffer.from([0, 0x0f, 0x42, 0x41]));
    expect(transport.value()).to.deep.equal(int32Strings().encode('{"error":"1000001 bytes are too many"}'));
    expect(transport.disconnecting).to.equal(true);
  });

  it('one-by-one: has one question open at a time', async () => {
    let open = 0;
    const protocol = new OneByOne(async (line) => {
      expect(++open).to.equal(1);
      await null;
      open--;
      return line.toUpperCase();
    });
    const transport = new StringTransport();
    void protocol.makeConnection(transport);
    transport.deliver('one\r\ntwo\r\nthree\r\n');
    for (let i = 0; i < 20; i++) await null;
    expect(transport.value().toString()).to.equal('ONE\r\nTWO\r\nTHREE\r\n');
  });

  it('idle: hangs up after a minute of silence', () => {
    const clock = new Clock();
    const transport = new StringTransport({ clock });
    const protocol = new Impatient();
    void protocol.makeConnection(transport);
    clock.advance(59);
    transport.deliver('still here\r\n');
    clock.advance(59);
    expect(transport.disconnecting).to.equal(false);
    clock.advance(1);
    expect(transport.disconnecting).to.equal(true);
    clock.advance(1);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('idle: leaves no timer when the peer goes first', () => {
    const transport = new StringTransport();
    void new Impatient().makeConnection(transport);
    transport.disconnect();
    expect(transport.clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('inbox: greets by the name it was told', () =>
    withReactor(async (reactor) => {
      const failures: unknown[] = [];
      const server = serve(reactor, (error) => failures.push(error));
      const client = new MessageInbox(lines());
      client.connectionMade = () => client.send('Ada\r\nLovelace\r\n\r\nCharles\r\nMary');
      reactor.connectTCP('127.0.0.1', (await server.listening).port, () => client);
      const greetings: string[] = [];
      for await (const greeting of client) {
        greetings.push(greeting.toString());
        if (greetings.length === 2) client.transport.loseConnection();
      }
      expect(greetings).to.deep.equal(['Ada Lovelace greets Charles', 'Ada Lovelace greets Mary']);
      expect(failures).to.deep.equal([]);
    }));

  it('inbox: fails with a line that is too long', async () => {
    const inbox = new MessageInbox(lines({ maxLength: 100 }));
    const transport = new StringTransport();
    void inbox.makeConnection(transport);
    transport.deliver(`${'x'.repeat(101)}\r\n`);
    const failure = await greet(inbox).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(LengthLimitError);
  });

  it('three-bytes: is a framing as the others', async () => {
    const sender = new MessageInbox(threeBytes);
    const from = new StringTransport();
    void sender.makeConnection(from);
    const sent = ['one', '', 'x'.repeat(70_000)];
    for (const message of sent) sender.send(message);
    const inbox = new MessageInbox(threeBytes);
    const to = new StringTransport();
    void inbox.makeConnection(to);
    for (const byte of from.value()) to.deliver(Buffer.from([byte]));
    to.disconnect();
    const received: string[] = [];
    for await (const message of inbox) received.push(message.toString());
    expect(received).to.deep.equal(sent);
  });

  it('three-bytes: closes the connection when a message is too long', async () => {
    const inbox = new MessageInbox(threeBytes);
    const transport = new StringTransport();
    void inbox.makeConnection(transport);
    transport.deliver(Buffer.from([0xff, 0xff, 0xff]));
    expect(transport.disconnecting).to.equal(true);
    const failure = await inbox[Symbol.asyncIterator]()
      .next()
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(LengthLimitError);
  });
});
