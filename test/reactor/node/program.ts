/**
 * A program in a process of its own, for what only a process can show: signals, its end, its exit code and stderr.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Milliseconds until a program that does not end is killed, and so fails its test. */
const PATIENCE = 15_000;

const PRELUDE = `
  import * as plait from '${new URL('../../../index.js', import.meta.url).href}';
  const { Deferred, react, Reactor } = plait;`;

export class Program {
  readonly end: Promise<ProgramEnd>;
  readonly #process: ChildProcess;
  #stdout = '';
  #stderr = '';
  #changed = (): void => {};

  /**
   * Starts the body of a module, in which `plait` is all that the package exports, and the names used most are there.
   * `files`: how many files and sockets it may have open.
   */
  constructor(
    body: string,
    prelude: string = PRELUDE,
    { env: more, files }: { env?: NodeJS.ProcessEnv | undefined; files?: number } = {},
  ) {
    const source = `${prelude}
${body}`;
    const { NODE_DEBUG: _, ...given } = process.env;
    const env = { PLAIT_NETWORK: 'node', ...given, ...more };
    const command = [process.execPath, '--input-type=module', '--eval', source];
    if (files !== undefined) command.unshift('/bin/sh', '-c', `ulimit -n ${files} && exec "$0" "$@"`);
    this.#process = spawn(command[0]!, command.slice(1), {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    this.#process.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#changed();
    });
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.end = new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      this.#process.on('close', (code, signal) => {
        this.#changed();
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Starts the body of a module that may have so many files and sockets open. */
  static limited(body: string, files: number): Program {
    return new Program(body, PRELUDE, { files });
  }

  /** Starts a module as it stands. */
  static plain(source: string): Program {
    return new Program(source, '');
  }

  /** Resolves once `text` stands in what the program has written. */
  async written(text: string): Promise<void> {
    while (!this.#stdout.includes(text)) {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
        const { code, signal, stderr } = await this.end;
        throw new Error(`The program ended (${code ?? signal}) and never wrote ${text}: ${this.#stdout}${stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** What it has written so far. */
  get output(): string {
    return this.#stdout;
  }

  /** Sends it a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}

/** Runs a program to its end. */
export function runProgram(body: string, env?: NodeJS.ProcessEnv): Promise<ProgramEnd> {
  return new Program(body, undefined, { env }).end;
}
