/// <reference types="node" preserve="true" />
/**
 * An example run as its reader runs it: `node dist/docs/examples/….js`. A test waits for what it prints, never for time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The repository's folder, seen from dist/test/docs. */
export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs an example to its end. */
export async function runExample(path: string, ...args: string[]): Promise<Program> {
  const program = new Program(`dist/docs/examples/${path}.js`, args, process.env);
  await program.exited;
  return program;
}

/** Starts an example: `path` is that below docs/examples, without its extension. */
export function startExample(path: string, ...args: string[]): Program {
  // The debug log tells which port the system chose.
  return new Program(`dist/docs/examples/${path}.js`, args, { ...process.env, NODE_DEBUG: 'plait' });
}

export class Program {
  /** What came so far. */
  stdout: string = '';
  stderr: string = '';
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #exit: Exit | undefined;

  constructor(path: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [path, ...args], { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdin!.on('error', () => {}); // it may have ended before
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#look();
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#look();
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
        this.#look();
      });
    });
  }

  /** Everything on stderr that is not of the debug log. */
  get complaints(): string {
    return this.stderr.replace(/^PLAIT \d+: .*\n/gm, '');
  }

  /** Writes to its standard input. */
  types(text: string): void {
    this.#child.stdin!.write(text);
  }

  /** Ends its standard input. */
  endInput(): void {
    this.#child.stdin!.end();
  }

  /** Waits until a line on stdout matches. Fails when the program ends without one. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#find(() => pattern.exec(this.stdout), pattern);
  }

  /** Waits for the port that the program opened. */
  async port(): Promise<number> {
    const opened = /(?:udp:listening <UDP port|tcp:listening <port on) \S+:(\d+) of /;
    return Number((await this.#find(() => opened.exec(this.stderr), opened))[1]);
  }

  /** Asks it to end. */
  stop(): Promise<Exit> {
    this.#child.kill('SIGTERM');
    return this.exited;
  }

  /** Ends it if a failed test has left it running. */
  async kill(): Promise<void> {
    if (this.#exit === undefined) this.#child.kill('SIGKILL');
    await this.exited;
  }

  #find(look: () => RegExpExecArray | null, wanted: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const again = (): void => {
        const found = look();
        if (found !== null) resolve(found);
        else if (this.#exit !== undefined) reject(new Error(`No ${wanted}, but:\n${this.stdout}${this.stderr}`));
        else return;
        this.#waiting.delete(again);
      };
      this.#waiting.add(again);
      again();
    });
  }

  #look(): void {
    for (const again of [...this.#waiting]) again();
  }
}
