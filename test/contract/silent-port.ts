/**
 * A port that does not answer who connects to it, on a machine without a bad network: a process that listens and never
 * takes a connection, with its queue full.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Address } from '../../lib/address.js';

/** Listens with a short queue, tells the port, and never comes back to its loop. */
const PROGRAM = `
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** Connections that the queue of such a listener holds; whoever comes then is not answered. */
const QUEUE = 2;

export class SilentPort {
  #process: ChildProcess | undefined;
  readonly #sockets: Socket[] = [];

  async open(): Promise<Address> {
    this.#process = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(this.#process.stdout!, 'data')) as [Buffer];
    const address = { host: '127.0.0.1', port: Number(text.toString()) };
    for (let i = 0; i < QUEUE; i++) {
      const socket = connect(address);
      this.#sockets.push(socket);
      await once(socket, 'connect');
    }
    return address;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.on('error', () => {}).destroy();
    if (this.#process === undefined) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}
