/**
 * The exchange that opens a channel, with its first challenge lost: a diagram from a simulated trace.
 */
import { DgdClient, DgdConnection, DgdServer } from 'plait/protocols';
import { SimulatedNetwork } from 'plait/testing';

class Greeter extends DgdConnection {
  override open(): void {
    this.sendMessage(this.datagramChallenge('opensesame'));
  }

  override openDatagram(): void {
    this.sendDatagram('welcome');
  }
}

class Guest extends DgdClient {
  override receiveMessage(data: Buffer): void {
    this.answerChallenge(data);
  }
}

/** A Mermaid sequence diagram of what happens, without the segments of TCP that carry nothing. */
export function exchange(): string {
  const network = new SimulatedNetwork({ seed: 1 });
  const [client, server] = [network.host('client'), network.host('server')];
  void new DgdServer(() => new Greeter()).listen(server.reactor, 6047, { interface: server.address });
  network.advance(0);
  const guest = new Guest();
  void guest.connect(client.reactor, server.address, 6047);
  network.advance(0.0035); // the connection is there, and the challenge on its way by TCP
  network.link(client, server, { loss: 1 }, { oneWay: true });
  network.advance(0.1);
  network.link(client, server, {});
  network.advance(0.3);
  return network.trace
    .toMermaid()
    .split('\n')
    .filter((line) => !/Note|(SYN|ACK|FIN)[^"]*$/.test(line))
    .join('\n');
}

if (process.argv[1] === import.meta.filename) console.log(exchange());
