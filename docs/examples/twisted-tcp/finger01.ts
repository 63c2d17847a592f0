/** Step 1: a reactor that does nothing, until it is interrupted: `node finger01.js`. */
import { Reactor } from 'plait';

export async function main(reactor: Reactor): Promise<void> {
  await reactor.run();
}

if (process.argv[1] === import.meta.filename) await main(new Reactor());
