/**
 * Several processes on one UDP port, each on a core of its own: `node server.js [port] [processes]`. SIGTERM or SIGINT
 * stops them all, in order. A process that ends by itself, or is stopped by a SIGTERM of its own, is replaced.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Deferred, Reactor } from 'plait';

/** What a worker tells. */
interface Report {
  listening?: number;
  served?: number;
}

export class Service {
  /** Datagrams that the processes which have ended had received. */
  served = 0;
  readonly #reactor: Reactor;
  readonly #workers = new Set<ChildProcess>();
  #stopped: Deferred<void> | undefined;

  constructor(reactor: Reactor) {
    this.#reactor = reactor;
  }

  /** Starts one process, which chooses the port if that is 0, then the others on the same port. */
  async start(port: number, processes: number): Promise<void> {
    const chosen = await this.#startWorker(port);
    await Promise.all(Array.from({ length: processes - 1 }, () => this.#startWorker(chosen)));
  }

  /** Asks all processes to end, and waits for it. */
  async stop(): Promise<void> {
    this.#stopped = new Deferred();
    for (const worker of this.#workers) worker.kill('SIGTERM');
    if (this.#workers.size > 0) await this.#stopped;
  }

  /** Resolves to the port once the process listens on it. */
  #startWorker(port: number): Promise<number> {
    if (this.#stopped !== undefined) return Promise.resolve(port);
    const worker = fork(new URL('./worker.js', import.meta.url), [String(port)]);
    this.#workers.add(worker);
    return new Promise((resolve, reject) => {
      let bound: number | undefined;
      worker.on('message', ({ listening, served = 0 }: Report) => {
        this.served += served;
        if (listening === undefined) return;
        console.log(`process ${worker.pid} listens on port ${listening}`);
        resolve((bound = listening));
      });
      worker.on('close', (code, signal) => {
        this.#workers.delete(worker);
        if (this.#stopped !== undefined) {
          resolve(port);
          if (this.#workers.size === 0) this.#stopped.callback();
        } else if (bound !== undefined) {
          this.#reactor.callWhenRunning((samePort) => this.#startWorker(samePort), bound);
        } else {
          reject(new Error(`A process ended (${signal ?? code}) before it listened`));
        }
      });
    });
  }
}

export async function main(reactor: Reactor, port: number, processes: number): Promise<void> {
  const service = new Service(reactor);
  reactor.callWhenRunning(() => service.start(port, processes));
  reactor.addSystemEventTrigger('before', 'shutdown', () => service.stop());
  reactor.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
    if (reactor.running) reactor.stop();
  });
  await reactor.run();
  console.log(`${service.served} datagrams were received`);
}

if (process.argv[1] === import.meta.filename) {
  await main(new Reactor(), Number(process.argv[2] ?? 9999), Number(process.argv[3] ?? availableParallelism()));
}
