/**
 * A lively trace made by hand, in which every type of event and every reason of a loss occurs.
 */
import type { Address } from '../../../lib/address.js';
import type { LossReason, TraceEvent } from '../../../reactor/simulated/trace.js';

export const HOSTS: string[] = ['client', 'server', 'printer'];

const CLIENT = { host: '10.0.0.1', port: 5000 };
const SERVER = { host: '10.0.0.2', port: 9999 };
const PRINTER = { host: 'fd00::3', port: 515 };
const CLIENT6 = { host: 'fd00::1', port: 5001 };
const GROUP = { host: '239.1.2.3', port: 7000 };

/** Makes events in order, numbering datagrams. */
export class TraceBuilder {
  readonly events: TraceEvent[] = [];
  #id = 0;

  add(event: TraceEvent): this {
    this.events.push(event);
    return this;
  }

  /** A `sent` event; answers its number. */
  send(time: number, host: string, from: Address, to: Address, data: string | Buffer): number {
    this.add({ type: 'sent', time, host, id: ++this.#id, from, to, data: Buffer.from(data) });
    return this.#id;
  }

  deliver(time: number, host: string, id: number, data?: string): void {
    const sent = this.#sent(id);
    this.add({ ...sent, type: 'delivered', time, host, data: data === undefined ? sent.data : Buffer.from(data) });
  }

  lose(time: number, host: string, id: number, reason: LossReason): void {
    const { from, to } = this.#sent(id);
    this.add({ type: 'lost', time, host, id, from, to, reason });
  }

  #sent(id: number): TraceEvent & { type: 'sent' } {
    return this.events.find(
      (event): event is TraceEvent & { type: 'sent' } => event.type === 'sent' && event.id === id,
    )!;
  }
}

export function sampleTrace(): TraceEvent[] {
  const trace = new TraceBuilder();
  trace.add({ type: 'opened', time: 0, host: 'client', address: CLIENT });
  trace.add({ type: 'opened', time: 0, host: 'server', address: SERVER });
  trace.add({ type: 'joined', time: 0, host: 'server', address: SERVER, group: '239.1.2.3' });
  trace.add({ type: 'joined', time: 0, host: 'printer', address: PRINTER, group: 'ff02::114', source: 'fd00::1' });
  const hello = trace.send(0, 'client', CLIENT, SERVER, 'hello');
  const name = trace.send(0.0002, 'client', CLIENT6, PRINTER, '<script>document.title="owned"</script>');
  trace.deliver(0.001, 'server', hello);
  const answer = trace.send(0.001, 'server', SERVER, CLIENT, Buffer.from([0, 1, 2, 0xff, 0xfe, 0x22, 0x5c, 0x0a]));
  trace.deliver(0.0012, 'printer', name);
  trace.deliver(0.002, 'client', answer);
  trace.deliver(0.0021, 'client', answer);
  const corrupt = trace.send(0.003, 'client', CLIENT, SERVER, 'checksum me');
  trace.deliver(0.004, 'server', corrupt, 'checksum mE');
  trace.add({ type: 'timer', time: 1, host: 'client', name: 'retry' });
  trace.lose(1, 'server', trace.send(1, 'client', CLIENT, SERVER, 'lost by chance'), 'loss');
  trace.add({ type: 'timer', time: 2, host: 'client', name: '<anonymous>' });
  trace.add({ type: 'link', time: 2.5, host: 'client', peer: 'server' });
  trace.lose(2.5, 'server', trace.send(2.5, 'client', CLIENT, SERVER, 'x'.repeat(1400)), 'mtu');
  trace.lose(2.5, 'server', trace.send(2.5, 'client', CLIENT, SERVER, 'too many'), 'queue');
  trace.add({ type: 'partition', time: 3, host: 'client', peer: 'server' });
  trace.lose(3, 'server', trace.send(3, 'client', CLIENT, SERVER, 'anyone?'), 'partition');
  trace.add({ type: 'heal', time: 4, host: 'client', peer: 'server' });
  trace.add({ type: 'hold', time: 4, host: 'client', peer: 'printer' });
  const held = trace.send(4, 'client', CLIENT6, PRINTER, 'page 1');
  trace.add({ type: 'release', time: 5, host: 'client', peer: 'printer' });
  trace.deliver(5.001, 'printer', held);
  const nobody = trace.send(5.002, 'client', CLIENT, { ...SERVER, port: 1 }, 'knock');
  trace.lose(5.003, 'server', nobody, 'refused');
  trace.add({ type: 'refused', time: 5.004, host: 'client', id: nobody, from: CLIENT, to: { ...SERVER, port: 1 } });
  const group = trace.send(6, 'client', CLIENT, GROUP, 'to all');
  trace.deliver(6.001, 'server', group);
  trace.deliver(6.001, 'printer', group);
  trace.add({ type: 'crashed', time: 7, host: 'server' });
  trace.lose(7.001, 'server', trace.send(7, 'client', CLIENT, SERVER, 'still there?'), 'host-down');
  trace.add({ type: 'restarted', time: 8, host: 'server' });
  trace.lose(8, 'client', trace.send(8, 'client', CLIENT, { host: '10.9.9.9', port: 9 }, 'who?'), 'no-host');
  trace.lose(8, 'client', trace.send(8, 'client', CLIENT, { host: '192.0.2.1', port: 9 }, 'far'), 'unreachable');
  trace.lose(8, 'client', trace.send(8, 'client', CLIENT, { host: '10.0.0.255', port: 9 }, 'all'), 'broadcast');
  trace.lose(8, 'client', trace.send(8, 'client', CLIENT, { host: '239.9.9.9', port: 9 }, 'group'), 'no-member');
  trace.deliver(8.0001, 'client', trace.send(8, 'client', CLIENT, CLIENT, 'to myself'));
  trace.add({ type: 'left', time: 9, host: 'server', address: SERVER, group: '239.1.2.3' });
  trace.add({ type: 'closed', time: 9, host: 'client', address: CLIENT });
  trace.send(9, 'server', SERVER, CLIENT, 'on its way when the trace ends');
  trace.send(9, 'server', SERVER, { host: '10.7.7.7', port: 7 }, '');
  return trace.events;
}
