/** Twisted's programs on the standard streams, as processes with pipes. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startExample } from './program.js';

describe('console examples ported from Twisted', () => {
  it('stdin echoes the lines of standard input', async () => {
    const program = startExample('twisted-tcp/stdin');
    try {
      program.types('one\ntwo\n');
      program.endInput();
      expect(await program.exited).to.deep.equal({ code: 0, signal: null });
      expect(program.stdout).to.equal('>>> Echo: one\n>>> Echo: two\n>>> ');
    } finally {
      await program.kill();
    }
  });

  it('stdiodemo takes commands, one of which asks a server, and ends by quit though its input does not', async () => {
    const server = createServer((socket) => socket.resume().end('HTTP/1.0 204 No Content\r\n\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const program = startExample('twisted-tcp/stdiodemo');
    try {
      await program.prints(/Type 'help' for help\.\n>>> $/);
      program.types('help\n');
      await program.prints(/Commands: help, check <host> <port>, quit\n>>> $/);
      program.types('dance\n');
      await program.prints(/Error: no such command: dance\n>>> $/);
      program.types(`check 127.0.0.1 ${(server.address() as AddressInfo).port}\n`);
      await program.prints(/Success: got 27 bytes, HTTP\/1\.0 204 No Content\n$/);
      program.types('quit\n');
      expect(await program.exited).to.deep.equal({ code: 0, signal: null });
      expect(program.stdout.endsWith('\nGoodbye.\n')).to.equal(true);
    } finally {
      await program.kill();
      server.close();
    }
    await once(server, 'close');
  });
});
