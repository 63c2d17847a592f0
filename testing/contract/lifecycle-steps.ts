/**
 * Steps that the tests of a reactor's life have in common.
 */
import type { Reactor } from '../../reactor/reactor.js';
import type { ContractNetwork } from './contract.js';
import { outcome } from './outcome.js';

/** The options of a run that leaves the signals of the process alone. */
export const NO_SIGNALS: { installSignalHandlers: boolean } = { installSignalHandlers: false };

/** What is seen of an event, phase by phase: a list that grows. */
export function watchEvent(reactor: Reactor, event: string): string[] {
  const seen: string[] = [];
  for (const phase of ['before', 'during', 'after'] as const) {
    reactor.addSystemEventTrigger(
      phase,
      event,
      () => void seen.push(`${phase}, ${reactor.running ? 'running' : 'not running'}`),
    );
  }
  return seen;
}

/** Runs the reactor of `here` and stops it. */
export async function runAndStop(network: ContractNetwork): Promise<void> {
  const { reactor } = network.here;
  const over = reactor.run(NO_SIGNALS);
  await network.until(() => reactor.running);
  reactor.stop();
  await outcome(network, over);
}

/** Shows that the reactor of `here` receives and sends datagrams. */
export async function exchange(network: ContractNetwork): Promise<void> {
  const { here, there } = network;
  let answer = '';
  const server = here.reactor.listenUDP(
    0,
    { datagramReceived: (data, from, transport) => transport.write(data, from) },
    { interface: here.address },
  );
  const client = there.reactor.listenUDP(
    0,
    {
      datagramReceived: (data) => {
        answer = data.toString();
      },
    },
    { interface: there.address },
  );
  client.write('question', server.getHost());
  await network.until(() => answer === 'question');
  await outcome(network, Promise.all([server.stopListening(), client.stopListening()]));
}
