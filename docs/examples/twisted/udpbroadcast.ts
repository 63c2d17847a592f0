/**
 * Counts its like: every second a PING with an id goes to everybody, and every PING is answered with a PONG to everybody,
 * the own ones too. `node udpbroadcast.js [port] [address]`
 */
import { DatagramProtocol, type HookResult, LoopingCall, Reactor } from 'plait';

// region protocol
export class PingPongProtocol extends DatagramProtocol {
  readonly #everybody: string;
  #pings: LoopingCall | undefined;

  constructor(everybody: string = '<broadcast>') {
    super();
    this.#everybody = everybody;
  }

  override startProtocol(): HookResult {
    this.transport.setBroadcastAllowed(true);
    this.#pings = new LoopingCall(this.transport.reactor, () => this.sendPing());
    return this.#pings.start(1);
  }

  override stopProtocol(): void {
    if (this.#pings?.running) this.#pings.stop();
  }

  sendPing(): void {
    const ping = `PING ${this.transport.reactor.randomBytes(16).toString('hex')}`;
    console.log(`SEND ${ping}`);
    this.#send(ping);
  }

  override datagramReceived(datagram: Buffer): void {
    const [kind, id] = datagram.toString().split(' ');
    if (kind === 'PING') this.#send(`PONG ${id}`);
    if (kind === 'PING' || kind === 'PONG') console.log('RECV %s %s', kind, id);
  }

  /** All of them listen on the port that this one listens on. */
  #send(message: string): void {
    this.transport.write(message, { host: this.#everybody, port: this.transport.getHost().port });
  }
}

export async function main(reactor: Reactor, port: number, everybody?: string): Promise<void> {
  reactor.listenUDP(port, new PingPongProtocol(everybody));
  await reactor.run();
}
// endregion

if (process.argv[1] === import.meta.filename) {
  await main(new Reactor(), Number(process.argv[2] ?? 8555), process.argv[3]);
}
