/** The address of a name: `node getting-ip.js [name]`. It ends also where there is none. */
import { Reactor } from 'plait';

// region main
export async function main(reactor: Reactor, name: string): Promise<void> {
  function gotIP(ip: string): void {
    console.log(`IP of '${name}' is ${ip}`);
  }

  function failed(error: Error): void {
    console.log(error.message);
  }

  reactor.callWhenRunning(() => {
    reactor
      .resolve(name)
      .addCallbacks(gotIP, failed)
      .addBoth(() => reactor.stop());
  });
  await reactor.run();
}
// endregion

if (process.argv[1] === import.meta.filename) await main(new Reactor(), process.argv[2] ?? 'localhost');
