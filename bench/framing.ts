/**
 * Framing: 100 MB of lines beside node:readline, and whether the time of each framing is in proportion to the bytes, in
 * pieces of 64 KiB and of a single byte.
 */
import { runProgram } from './child.js';
import { compare, type Contender } from './harness.js';

const PROGRAM = 'programs/framing.js';

export async function framing(rounds: number): Promise<void> {
  await compare({
    title: 'Lines of 80 bytes, 100 MB in pieces of 64 KiB',
    unit: 'MB/s',
    better: 'more',
    rounds,
    contenders: [contender('LineOnlyReceiver'), contender('readline'), contender('LineReceiver')],
    target: 0.8,
  });
  console.log('\nSeconds for 25 MB and for 100 MB');
  for (const who of ['LineReceiver', 'NetstringReceiver', 'Int8StringReceiver', 'Int32StringReceiver']) {
    for (const pieces of ['64 KiB', '1 byte']) {
      const [quarter, all] = [await seconds(who, pieces, 25), await seconds(who, pieces, 100)];
      const ratio = (all / quarter).toFixed(1);
      console.log(`  ${who.padEnd(20)} ${pieces}: ${quarter.toFixed(2)}, ${all.toFixed(2)} (ratio ${ratio})`);
    }
  }
}

function contender(name: string): Contender {
  return { name, measure: async () => ({ figure: 100 / (await seconds(name, '64 KiB', 100)) }) };
}

function seconds(who: string, pieces: string, megabytes: number): Promise<number> {
  return runProgram<number>(PROGRAM, [who, pieces, String(megabytes)]);
}
