/**
 * A server and clients of it that remember what happens to them, on a simulated network.
 */
import { DatagramInbox, type UDPPort } from '../../../index.js';
import {
  DgdClient,
  type DgdClientOptions,
  DgdConnection,
  DgdServer,
  type DgdServerOptions,
} from '../../../protocols/index.js';
import { type SimulatedHost, SimulatedNetwork, type SimulatedNetworkOptions } from '../../../testing.js';

export const PORT = 6047;

export class User extends DgdConnection {
  readonly told: string[] = [];
  readonly datagrams: string[] = [];
  openings = 0;
  expired = 0;
  closed: Error | undefined;
  onMessage: (text: string) => void = () => {};
  onDatagram: (text: string) => void = () => {};

  override open(): void {
    this.told.push('open');
  }

  override receiveMessage(data: Buffer): void {
    this.told.push(data.toString());
    this.onMessage(data.toString());
  }

  override openDatagram(): void {
    this.openings++;
    this.told.push('open datagram');
  }

  override receiveDatagram(data: Buffer): void {
    this.datagrams.push(data.toString());
    this.onDatagram(data.toString());
  }

  override close(reason: Error): void {
    this.closed = reason;
    this.told.push(`close ${reason.name}`);
  }

  override challengeExpired(): void {
    this.expired++;
  }
}

export class Client extends DgdClient {
  readonly messages: string[] = [];
  readonly datagrams: string[] = [];
  openings = 0;
  closed: Error | undefined;

  override receiveMessage(data: Buffer): void {
    this.messages.push(data.toString());
  }

  override openDatagram(): void {
    this.openings++;
  }

  override receiveDatagram(data: Buffer): void {
    this.datagrams.push(data.toString());
  }

  override close(reason: Error): void {
    this.closed = reason;
  }
}

export class World {
  readonly network: SimulatedNetwork;
  readonly host: SimulatedHost;
  readonly server: DgdServer;
  readonly users: User[] = [];

  constructor(options: SimulatedNetworkOptions = {}, serverOptions: DgdServerOptions = {}, seed?: number) {
    this.network = new SimulatedNetwork(seed === undefined ? options : { ...options, seed });
    this.host = this.network.host('server');
    this.server = new DgdServer(() => {
      const user = new User();
      this.users.push(user);
      return user;
    }, serverOptions);
    this.server.listen(this.host.reactor, PORT, { interface: this.host.address });
    this.network.advance(0);
  }

  /** A client that is connected, on a host of its own, and its object at the server. */
  client(name: string, options: DgdClientOptions = {}): { client: Client; user: User; host: SimulatedHost } {
    const host = this.network.host(name);
    const client = new Client();
    const count = this.users.length;
    void client.connect(host.reactor, this.host.address, PORT, options);
    this.network.runUntil(() => this.users.length > count, { timeout: 60 });
    return { client, user: this.users.at(-1)!, host };
  }

  /** A plain UDP socket somewhere, that writes to the server. */
  socket(host: SimulatedHost): { port: UDPPort; send(data: string | Uint8Array): void; inbox: DatagramInbox } {
    const inbox = new DatagramInbox();
    const port = host.reactor.listenUDP(0, inbox);
    return {
      port,
      inbox,
      send: (data) => {
        port.write(data, { host: this.host.address, port: PORT });
        this.network.advance(0.01);
      },
    };
  }
}
