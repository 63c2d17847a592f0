/**
 * The receiving process of the measurement on real sockets: whenever it is asked, it tells what has come since it was asked
 * before, and how many datagrams it has sent and how much processor time it has used so far.
 */
import { Reactor } from '../../index.js';
import { type Arrivals, Receiver } from './guaranteed-load.js';

export interface Report {
  readonly arrivals: Arrivals;
  readonly sent: number;
  /** Seconds. */
  readonly cpu: number;
}

const reactor = new Reactor();
const receiver = new Receiver(() => Number(process.hrtime.bigint()) / 1e9);
const port = reactor.listenUDP(0, receiver, { interface: '127.0.0.1' });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const report: Report = { arrivals: receiver.take(), sent: port.stats.sent, cpu: (user + system) / 1e6 };
  process.send!(report);
});
process.on('disconnect', () => process.exit());
process.send!(port.getHost().port);
