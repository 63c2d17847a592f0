/**
 * The servers of the UDP measurements: the same program on plait's native network, on plait's network of node:dgram, on
 * bare node:dgram, in C with one call for each datagram, with one for many, and with datagrams that the system cuts (UDP_SEGMENT), and on
 * Twisted. Each is a process on the server's
 * core. What is not installed is said and left out.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled, firstThatRuns, type Server, source, startServer } from './child.js';
import { onCore } from './cores.js';
import type { Missing } from './harness.js';

export const NATIVE = 'plait native';
export const ON_DGRAM = 'plait on dgram';
export const DGRAM = 'node:dgram';
export const C_SINGLE = 'C, single calls';
export const C_BATCHED = 'C, batched';
export const C_SEGMENTED = 'C, segmented';
export const TWISTED = 'Twisted';

const IN_C = { [C_SINGLE]: 'single', [C_BATCHED]: 'batched', [C_SEGMENTED]: 'segmented' };

/** A server that can be started, on a core, with arguments of its own. */
export interface ServerKind {
  readonly name: string;
  start(core?: number, ...args: string[]): Promise<Server>;
}

/** What a program of a measurement exists as, in the folder of that measurement. */
export type Variant = 'plait' | 'dgram' | 'c' | 'twisted';

export interface Workshop {
  /** The compiled C program of that source, or undefined without a compiler. */
  compileC(path: string): Promise<string | undefined>;
  /** The servers that a folder has a program for (`plait-server.ts`, `c-server.c` …). */
  kinds(folder: string, variants: readonly Variant[]): Promise<{ kinds: ServerKind[]; missing: Missing[] }>;
}

/** Runs `measure` with a place for compiled programs, which is removed afterwards. */
export async function withWorkshop(measure: (workshop: Workshop) => Promise<void>): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'plait-bench-'));
  try {
    await measure({
      compileC: (path) => compileC(place, path),
      kinds: (folder, variants) => kinds(place, folder, variants),
    });
  } finally {
    await rm(place, { recursive: true });
  }
}

/** Starts one of each kind, runs `measure` with those that came up, and stops them. */
export async function withServers(
  { kinds: all, missing }: { kinds: readonly ServerKind[]; missing: readonly Missing[] },
  measure: (
    servers: readonly (readonly [name: string, server: Server])[],
    missing: readonly Missing[],
  ) => Promise<void>,
): Promise<void> {
  const servers: (readonly [string, Server])[] = [];
  const failed: Missing[] = [];
  try {
    for (const each of all) {
      try {
        servers.push([each.name, await each.start()]);
      } catch (error) {
        failed.push({ name: each.name, why: (error as Error).message });
      }
    }
    await measure(servers, [...failed, ...missing]);
  } finally {
    await Promise.all(servers.map(([, server]) => server.stop()));
  }
}

async function kinds(place: string, folder: string, variants: readonly Variant[]): ReturnType<Workshop['kinds']> {
  const found: ServerKind[] = [];
  const missing: Missing[] = [];
  const node = (name: string): string[] => [process.execPath, compiled(`${folder}/${name}-server.js`)];
  if (variants.includes('plait')) {
    found.push({ name: NATIVE, start: (core, ...args) => startPlait('native', core, [...node('plait'), ...args]) });
    found.push({ name: ON_DGRAM, start: (core, ...args) => startPlait('node', core, [...node('plait'), ...args]) });
  }
  if (variants.includes('dgram')) found.push(kind(DGRAM, node('dgram')));
  if (variants.includes('c')) {
    const program = await compileC(place, `${folder}/c-server.c`);
    for (const [name, way] of Object.entries(IN_C)) {
      if (program !== undefined) found.push(kind(name, [program, way]));
      else missing.push({ name, why: 'there is no C compiler' });
    }
  }
  if (variants.includes('twisted')) {
    const python = await firstThatRuns(['/usr/bin/python3', 'python3'], ['-c', 'import twisted']);
    if (python !== undefined) found.push(kind(TWISTED, [python, source(`${folder}/twisted-server.py`)]));
    else missing.push({ name: TWISTED, why: 'it is not installed' });
  }
  return { kinds: found, missing };
}

function kind(name: string, command: readonly string[]): ServerKind {
  return { name, start: (core, ...args) => start(core, [...command, ...args]) };
}

function start(core: number | undefined, command: readonly string[], env?: Record<string, string>): Promise<Server> {
  const [program = '', ...args] = onCore(core ?? 0, command);
  return startServer(program, args, env);
}

/** A program on plait tells the network it is on, after its port. Where that is another than was asked for, it fails. */
async function startPlait(network: string, core: number | undefined, command: readonly string[]): Promise<Server> {
  const server = await start(core, command, { PLAIT_NETWORK: network });
  if (server.words[0] === network) return server;
  await server.stop();
  throw new Error(`@plait/linux-x64 is not there: the network is "${server.words[0]}", not "${network}"`);
}

async function compileC(place: string, path: string): Promise<string | undefined> {
  const program = join(place, path.replaceAll('/', '-').replace(/\.c$/, ''));
  const compiler = await firstThatRuns(['cc'], ['-O2', '-o', program, source(path)]);
  return compiler === undefined ? undefined : program;
}
