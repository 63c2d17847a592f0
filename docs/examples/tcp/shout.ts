import { Deferred, Factory, Protocol, react } from 'plait';

/** Answers in capitals. */
class Shout extends Protocol {
  override dataReceived(data: Buffer): void {
    this.transport.write(data.toString('latin1').toUpperCase());
  }
}

/** Says hello, and collects what it is told until the connection is closed. */
class Greeter extends Protocol {
  readonly answer: Deferred<string> = new Deferred();
  #heard = '';

  override connectionMade(): void {
    this.transport.write('hello');
  }

  override dataReceived(data: Buffer): void {
    this.#heard += data.toString('latin1');
    if (this.#heard.length === 'hello'.length) this.transport.loseConnection();
  }

  override connectionLost(): void {
    this.answer.callback(this.#heard);
  }
}

await react(async (reactor) => {
  const server = reactor.listenTCP(0, Factory.forProtocol(Shout), { interface: '127.0.0.1' });
  const { host, port } = await server.listening;
  const greeter = new Greeter();
  reactor.connectTCP(host, port, () => greeter);
  console.log(await greeter.answer.addTimeout(2, reactor));
});
