/** The life of a reactor. */
import { Reactor } from 'plait';
import { Echo } from 'plait/protocols';

// region run
/** Serves until somebody stops it: `reactor.stop()`, SIGINT or SIGTERM. */
export async function serve(reactor: Reactor, port: number): Promise<void> {
  reactor.listenUDP(port, new Echo()); // open from here on
  await reactor.run();
  console.log(`stopped by ${reactor.exitSignal ?? 'stop()'}`);
}
// endregion

// region close
/** A reactor need not run to be used. `close` ends it: every port is closed, and nothing keeps the process alive. */
export async function freePort(): Promise<number> {
  await using reactor = new Reactor();
  return reactor.listenUDP(0, {}).getHost().port;
}
// endregion

// region handles
/** What is left open, by name: for the end of a test. */
export function leftovers(reactor: Reactor): string[] {
  return reactor.openHandles().map(String);
}
// endregion
