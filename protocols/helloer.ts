/**
 * Connected UDP in its smallest form: one peer, one greeting.
 */
import { DatagramProtocol } from '../lib/protocol.js';

/**
 * Connects to a peer and greets it. Override `datagramReceived` to hear the answer, and `connectionRefused` to hear
 * that nobody listens there.
 */
export class Helloer extends DatagramProtocol {
  /** The peer, an IP literal. */
  readonly host: string;
  /** 1…65535. */
  readonly port: number;
  readonly greeting: Uint8Array | string;

  constructor(host: string, port: number, greeting: Uint8Array | string = 'hello') {
    super();
    this.host = host;
    this.port = port;
    this.greeting = greeting;
  }

  override startProtocol(): void {
    this.transport.connect(this.host, this.port);
    this.transport.write(this.greeting);
  }
}
