/**
 * Programs in processes of their own: measurements that must not see each other's garbage and compiled code, and servers.
 */
import { execFile, type ExecFileException, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The compiled file of a module of this folder, given relative to it: `programs/timers.js`. */
export function compiled(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** A file that is not compiled, in the source folder. */
export function source(path: string): string {
  return fileURLToPath(new URL(`../../bench/${path}`, import.meta.url));
}

/** Runs a program to its end and gives what it has printed. Rejects with what it has to say when it fails. */
export function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, (error: ExecFileException | null, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(' ')} failed: ${stderr || error.message}`, { cause: error }));
    });
  });
}

/** Whether a program can be run, and succeeds. */
export async function runs(command: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(command, args);
    return true;
  } catch {
    return false;
  }
}

/** The Python that has Twisted, where the system's packages have it. */
export const TWISTED_PYTHON = '/usr/bin/python3';

/** Runs a compiled program of this folder, which prints JSON. */
export async function runProgram<T>(path: string, args: readonly string[], nodeOptions: string[] = []): Promise<T> {
  return JSON.parse(await run(process.execPath, [...nodeOptions, compiled(path), ...args])) as T;
}

/** The first of the commands that is installed and runs with these arguments. */
export async function firstThatRuns(commands: readonly string[], args: readonly string[]): Promise<string | undefined> {
  for (const command of commands) {
    try {
      await run(command, args);
      return command;
    } catch {
      // not installed, or it can't do this
    }
  }
  return undefined;
}

/** A server that has told its port, in its first line. */
export interface Server {
  readonly port: number;
  /** What else it has said there, word by word. */
  readonly words: readonly string[];
  /** Seconds of processor time that all its threads have used so far; undefined where the system does not tell. */
  cpuSeconds(): number | undefined;
  stop(): Promise<void>;
}

/** Starts a server, with what `env` adds to the environment. Rejects when it ends before it tells its port. */
export async function startServer(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const failed = once(child, 'close').then(([code]) => {
    const reason = /^\s*\S*Error.*$/m.exec(said)?.[0].trim() ?? said.trim();
    throw new Error(`it ended (${code}) before it told its port: ${reason}`);
  });
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), failed])) as [string];
  child.stderr.removeAllListeners('data').on('data', (text: string) => process.stderr.write(text));
  const [port, ...words] = line.split(' ');
  return {
    port: Number(port),
    words,
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

function cpuSecondsOf(pid: number): number | undefined {
  try {
    const nanoseconds = readdirSync(`/proc/${pid}/task`).map((task) =>
      Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9;
  } catch {
    return undefined;
  }
}
