/**
 * Sends some strings to echoserv-udp, each when the one before has come back: `node echoclient-udp.js [port]`. A datagram
 * may get lost, so what has not come back after a second is sent again, and after three times it gives up.
 */
import { DatagramProtocol, Deferred, type DelayedCall, react, type ReactorUDP } from 'plait';

// region client
export class EchoClientDatagramProtocol extends DatagramProtocol {
  readonly strings: string[] = ['Hello, world!', 'What a fine day it is.', 'Bye-bye!'];
  readonly done: Deferred<void> = new Deferred();
  readonly #port: number;
  #timeout: DelayedCall | undefined;

  constructor(port: number) {
    super();
    this.#port = port;
  }

  override startProtocol(): void {
    this.transport.connect('127.0.0.1', this.#port);
    this.sendDatagram();
  }

  override stopProtocol(): void {
    if (this.#timeout?.active()) this.#timeout.cancel();
  }

  sendDatagram(attempt: number = 1): void {
    const datagram = this.strings[0];
    if (datagram === undefined) {
      this.done.callback();
      return;
    }
    this.transport.write(datagram);
    this.#timeout = this.transport.reactor.callLater(1, () => {
      if (attempt < 3) this.sendDatagram(attempt + 1);
      else this.done.errback(new Error(`No answer to "${datagram}"`));
    });
  }

  override datagramReceived(datagram: Buffer): void {
    if (datagram.toString() !== this.strings[0]) return; // one of before, a second time
    console.log('Datagram received: %j', datagram.toString());
    this.strings.shift();
    this.#timeout?.cancel();
    this.sendDatagram();
  }
}

export async function main(reactor: ReactorUDP, port: number): Promise<void> {
  const protocol = new EchoClientDatagramProtocol(port);
  reactor.listenUDP(0, protocol);
  await protocol.done;
}
// endregion

if (process.argv[1] === import.meta.filename) {
  await react((reactor) => main(reactor, Number(process.argv[2] ?? 8000)));
}
