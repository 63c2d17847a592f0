/** A group, and one who asks it. */
import { type Address, DatagramProtocol, type HookResult, type MulticastTransport } from 'plait';

// region member
/** Tells who asks the group what time it is. `networkInterface` is an address or a name; left out, the system chooses. */
export class TimeServer extends DatagramProtocol<MulticastTransport> {
  readonly #interface: string | undefined;

  constructor(networkInterface?: string) {
    super();
    this.#interface = networkInterface;
  }

  override startProtocol(): HookResult {
    return this.transport.joinGroup('239.192.7.2', this.#interface);
  }

  override datagramReceived(data: Buffer, address: Address): void {
    if (data.toString() !== 'time?') return; // a group hears many things
    this.transport.write(`${this.transport.reactor.seconds()} s`, address);
  }
}
// endregion

// region asker
/** Asks the group. It need not be a member: the answers come to its own port. */
export class TimeClient extends DatagramProtocol<MulticastTransport> {
  readonly answers: string[] = [];
  readonly #port: number;
  readonly #interface: string | undefined;

  constructor(port: number, networkInterface?: string) {
    super();
    this.#port = port;
    this.#interface = networkInterface;
  }

  override async startProtocol(): Promise<void> {
    this.transport.setTTL(1); // not past the first router, which is the default
    if (this.#interface !== undefined) await this.transport.setOutgoingInterface(this.#interface);
    this.transport.write('time?', { host: '239.192.7.2', port: this.#port });
  }

  override datagramReceived(data: Buffer): void {
    this.answers.push(data.toString());
  }
}
// endregion
