/**
 * Framing: lines a second beside node:readline, which gives text, and Twisted's LineReceiver, where it is installed; and
 * whether the time of each framing is in proportion to the bytes, in pieces of 64 KiB and of a single byte. All by
 * processor time, each round in a new process.
 */
import { run, runProgram, runs, source, TWISTED_PYTHON } from './child.js';
import { compare, type Contender } from './harness.js';

/** Bytes of a line with its CR LF: a command, a line of a log or a header, an object as JSON. */
const LENGTHS = [20, 80, 500];
const MEGABYTES = 50;

/** What one round has received, and the seconds of processor time that it took. */
interface Received {
  readonly messages: number;
  readonly seconds: number;
}

export async function framing(rounds: number): Promise<void> {
  const twisted = await runs(TWISTED_PYTHON, ['-c', 'import twisted']);
  if (!twisted) console.log('\nTwisted is not installed; measured without it.');
  for (const length of LENGTHS) {
    const ours = (who: string) => (): Promise<Received> => receive(who, '64 KiB', MEGABYTES, length);
    const theirs = (who: string) => async (): Promise<Received> =>
      JSON.parse(
        await run(TWISTED_PYTHON, [source('framing/twisted-lines.py'), who, String(MEGABYTES), String(length)]),
      );
    await compare({
      title: `Lines of ${length} bytes, ${MEGABYTES} MB in pieces of 64 KiB`,
      unit: 'lines/s of CPU',
      better: 'more',
      rounds,
      contenders: [
        contender('LineReceiver', ours('LineReceiver')),
        contender('readline', ours('readline')),
        contender('LineReceiver, line.toString()', ours('LineReceiver, as text')),
        contender('LineOnlyReceiver', ours('LineOnlyReceiver')),
        ...(twisted
          ? ['LineReceiver', 'LineOnlyReceiver'].map((name) => contender(`Twisted's ${name}`, theirs(name)))
          : []),
      ],
    });
  }
  await proportions();
}

function contender(name: string, measure: () => Promise<Received>): Contender {
  return {
    name,
    async measure() {
      const { messages, seconds } = await measure();
      return { figure: messages / seconds };
    },
  };
}

async function proportions(): Promise<void> {
  console.log(
    '\nSeconds of CPU for 25 MB and for 100 MB of messages of some 80 bytes; four times as many is in proportion',
  );
  for (const who of ['LineReceiver', 'NetstringReceiver', 'Int8StringReceiver', 'Int32StringReceiver']) {
    for (const pieces of ['64 KiB', '1 byte']) {
      const [quarter, all] = [await receive(who, pieces, 25, 80), await receive(who, pieces, 100, 80)];
      const ratio = (all.seconds / quarter.seconds).toFixed(1);
      const figures = `${quarter.seconds.toFixed(2)}, ${all.seconds.toFixed(2)} (${ratio} times as many)`;
      console.log(`  ${who.padEnd(20)} ${pieces}: ${figures}`);
    }
  }
}

function receive(who: string, pieces: string, megabytes: number, length: number): Promise<Received> {
  return runProgram<Received>('programs/framing.js', [who, pieces, String(megabytes), String(length)]);
}
