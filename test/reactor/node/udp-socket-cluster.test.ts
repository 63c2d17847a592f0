import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const PROGRAM = fileURLToPath(new URL('./fixtures/cluster.js', import.meta.url));

describe('listenUDP in a worker of node:cluster', () => {
  it('binds before it returns, hears, and refuses a port that another worker has', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM]);
    const { first, second } = JSON.parse(stdout) as { first: Worker; second: Worker };
    expect(first).to.deep.equal({ port: first.port, atStart: first.port, heard: 'itself' });
    expect(first.port).to.be.greaterThan(0);
    expect(second).to.deep.equal({ error: 'CannotListenError', cause: 'EADDRINUSE' });
  });
});

interface Worker {
  port: number;
}
