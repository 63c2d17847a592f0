/** Stays connected: `node clients-service.js [endpoint]`. What is lost is connected again, after a wait that grows. */
import { backoffPolicy, clientFromString, ClientService, Protocol, Reactor } from 'plait';

class Echo extends Protocol {
  override dataReceived(data: Buffer): void {
    console.log(data.toString());
  }
}

export async function main(reactor: Reactor, endpoint: string): Promise<void> {
  const service = new ClientService(clientFromString(reactor, endpoint), () => new Echo(), {
    reactor,
    retryPolicy: backoffPolicy({ initialDelay: 1, factor: 2, maxDelay: 60, jitter: 0 }),
    retrying: (reason, _failures, delay) => console.log('%s: again in %d s', reason.name, delay),
  });
  service.startService();
  reactor.addSystemEventTrigger('before', 'shutdown', () => service.stopService());
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor(), process.argv[2] ?? 'tcp:localhost:8007');
