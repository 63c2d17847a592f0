import { type Address, DatagramProtocol, Deferred, react } from 'plait';

/** Answers in capitals. */
class Shout extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: Address): void {
    this.transport.write(data.toString().toUpperCase(), address);
  }
}

/** Waits for one answer. */
class Listener extends DatagramProtocol {
  readonly answer: Deferred<string> = new Deferred();

  override datagramReceived(data: Buffer): void {
    if (!this.answer.called) this.answer.callback(data.toString());
  }
}

await react(async (reactor) => {
  const server = reactor.listenUDP(0, new Shout(), { interface: '127.0.0.1' });
  const listener = new Listener();
  const client = reactor.listenUDP(0, listener);
  client.write('hello', server.getHost());
  console.log(await listener.answer.addTimeout(2, reactor));
});
