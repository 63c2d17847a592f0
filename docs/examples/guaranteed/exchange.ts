/**
 * Four exchanges on a simulated network: a good one, and one that loses its DATA, its RECV, its ACK. As a diagram.
 */
import { GuaranteedDatagramProtocol } from 'plait/protocols';
import { type SimulatedHost, SimulatedNetwork, type TraceEvent } from 'plait/testing';

/** A Mermaid sequence diagram of what was sent, and when a timer had it sent again. */
export function exchange(): string {
  const network = new SimulatedNetwork({ seed: 1, latency: 0.01 });
  const [client, server] = [network.host('client'), network.host('server')];
  const sender = new GuaranteedDatagramProtocol();
  client.reactor.listenUDP(4000, sender);
  server.reactor.listenUDP(4323, new GuaranteedDatagramProtocol());

  const send = (text: string): void => void sender.send(text, { host: server.address, port: 4323 });
  const lose = (from: SimulatedHost, to: SimulatedHost): void => network.link(from, to, { loss: 1 }, { oneWay: true });
  const mend = (): void => network.link(client, server, {});

  send('one');
  network.advance(1);

  lose(client, server);
  send('two');
  network.advance(0.1);
  mend();
  network.advance(0.9);

  lose(server, client);
  send('three');
  network.advance(0.1);
  mend();
  network.advance(0.9);

  send('four');
  network.advance(0.015);
  lose(client, server);
  network.advance(0.085);
  mend();
  network.advance(0.9);

  return named(network.trace.toMermaid(), network.trace.events);
}

/** With the names of the packets instead of their bytes, and without notes of ports and links. */
function named(diagram: string, events: readonly TraceEvent[]): string {
  const names = new Map<number, string>();
  for (const event of events) {
    if (event.type !== 'sent') continue;
    const type = { 0x1d: 'DATA', 0x5f: 'RECV', 0xae: 'ACK' }[event.data[0]!];
    names.set(event.id, `${type} ${event.data.toString('hex', 1, 5)} ${event.data.toString('utf8', 5)}`.trim());
  }
  return diagram
    .replace(/#35;(\d+) "[^"]*"/g, (_, id) => names.get(Number(id))!)
    .split('\n')
    .filter((line) => !/Note.*(opened|link)/.test(line))
    .join('\n');
}

if (process.argv[1] === import.meta.filename) console.log(exchange());
