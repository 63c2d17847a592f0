/**
 * Leaves nothing open: a root hook of mocha that fails a test after which a socket, timer, child process or signal
 * handler is open that was not before it, and the run when anything is left at its end.
 *
 * It counts what keeps the process alive, by kind, before the first and after the last hook of each test; what is
 * closing gets some turns of the loop. So it does not see what is `unref`ed, nor one thing exchanged for another of its
 * kind. A test that failed anyway is not checked: it had no chance to clean up.
 */
import type { Context, RootHookObject, Suite } from 'mocha';
import { openNativeSockets } from '../reactor/native/native-network.js';

/** What somebody must close. Requests (a lookup, a write) are not here: they end by themselves, and cannot be stopped. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['UDPWrap', 'UDP socket'],
  ['TCPServerWrap', 'TCP server'],
  ['TCPSocketWrap', 'TCP connection'],
  ['PipeWrap', 'pipe or UNIX socket'],
  ['PipeServerWrap', 'UNIX socket server'],
  ['ProcessWrap', 'child process'],
  ['MessagePort', 'message port'],
  ['FSEventWrap', 'file watcher'],
  ['Timeout', 'timer'],
]);
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
/** What may be open before the first test, and so after the last. A file that opens more while it is loaded closes it. */
const BEFORE_ALL = /^pipe|handler$/;
const TURNS = 50;

// Kept here, because a test may put sinon's in their place.
const { setImmediate: soon, setTimeout: later } = globalThis;

let atStart: ReadonlyMap<string, number>;
let beforeTest: ReadonlyMap<string, number>;

export const mochaHooks: RootHookObject = {
  beforeAll(this: Context): void {
    void [process.stdout, process.stderr]; // pipes that Node opens when they are first asked for
    atStart = new Map([...countOpen()].filter(([kind]) => BEFORE_ALL.test(kind)));
    // mocha hears of unhandled rejections, and keeps them to itself.
    process.on('unhandledRejection', raise);
    // A failing root hook would end the whole run; one of the outermost describe ends only that.
    for (const suite of suitesOf(this)) suite.afterEach('leaves nothing open', checkTest);
  },
  beforeEach(): void {
    beforeTest = countOpen();
  },
  async afterEach(this: Context): Promise<void> {
    if (this.currentTest?.parent?.root === true) await checkTest.call(this);
  },
  async afterAll(this: Context): Promise<void> {
    const left = await settle(atStart, this);
    if (left.length === 0) return;
    later(() => process.exit(1), 500).unref(); // what is open would keep mocha from ending
    throw new Error(`The run left open: ${describe(left)}`);
  },
};

const raised = new WeakSet<Promise<unknown>>();

/** Fails the test that is running. mocha passes each rejection on, so that it comes twice. */
function raise(reason: unknown, promise: Promise<unknown>): void {
  if (raised.has(promise)) return;
  raised.add(promise);
  throw reason;
}

async function checkTest(this: Context): Promise<void> {
  if (this.currentTest?.state === 'failed') return;
  const left = await settle(beforeTest, this);
  if (left.length > 0) throw new Error(`The test left open: ${describe(left)}`);
}

/** What is open more often than in `before`, once some turns of the loop have closed what was closing. */
async function settle(before: ReadonlyMap<string, number>, hook: Context): Promise<string[]> {
  let left = newSince(before);
  for (let turn = 0; turn < TURNS && left.length > 0; turn++) {
    await new Promise<void>((resolve) => soon(resolve));
    hook.runnable().clearTimeout(); // mocha's timer for this hook, which has begun to wait
    left = newSince(before);
  }
  return left;
}

function newSince(before: ReadonlyMap<string, number>): string[] {
  return [...countOpen()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 ? [more === 1 ? `a ${kind}` : `${more} × ${kind}`] : [];
  });
}

function countOpen(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const resource of process.getActiveResourcesInfo()) {
    const kind = KINDS.get(resource);
    if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  counts.set('UDP socket of the native network', openNativeSockets());
  for (const signal of SIGNALS) counts.set(`${signal} handler`, process.listenerCount(signal));
  return counts;
}

/** What is left, with the local ends of all sockets of the process: one of them is the culprit. */
function describe(left: readonly string[]): string {
  const report = process.report.getReport() as { libuv?: { type: string; localEndpoint?: Endpoint | string | null }[] };
  const ends = (report.libuv ?? []).flatMap(({ type, localEndpoint: end }) => {
    if (typeof end === 'string') return [`${type} ${end}`];
    return end ? [`${type} ${end.ip4 ?? end.ip6 ?? end.host}:${end.port}`] : [];
  });
  return left.join(', ') + (ends.length === 0 ? '' : ` (open now: ${ends.join(', ')})`);
}

interface Endpoint {
  ip4?: string;
  ip6?: string;
  host: string;
  port: number;
}

function suitesOf(hook: Context): readonly Suite[] {
  return hook.test?.parent?.suites ?? [];
}
