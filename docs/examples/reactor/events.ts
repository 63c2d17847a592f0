/** System events: a goodbye before the ports are closed. */
import { type Address, DatagramProtocol, Deferred, type HookResult, type Reactor } from 'plait';

// region goodbye
/** Says goodbye to a server, and is told that it was heard. */
export class Guest extends DatagramProtocol {
  readonly #server: Address;
  readonly #heard: Deferred<void> = new Deferred();

  constructor(server: Address) {
    super();
    this.#server = server;
  }

  goodbye(): Deferred<void> {
    this.transport.write('goodbye', this.#server);
    return this.#heard.addTimeout(1, this.transport.reactor);
  }

  override datagramReceived(data: Buffer): HookResult {
    if (data.toString() === 'farewell' && !this.#heard.called) this.#heard.callback();
  }
}

export async function visit(reactor: Reactor, server: Address): Promise<void> {
  const guest = new Guest(server);
  reactor.listenUDP(0, guest);
  // The reactor goes on until this Deferred has fired; then it closes the ports.
  reactor.addSystemEventTrigger('before', 'shutdown', () => guest.goodbye());
  await reactor.run();
}
// endregion
