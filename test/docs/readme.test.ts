/** The programs and the test in README.md. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openPeer, withReactor } from './fixtures.js';
import { startExample } from './program.js';
import '../../docs/examples/readme/echo.test.js';
import '../../docs/examples/readme/network.test.js';

describe('the server in the README', () => {
  it('echoes', () =>
    withReactor(async (reactor) => {
      const program = startExample('readme/server', '0');
      try {
        const port = await program.port();
        const peer = openPeer(reactor);
        peer.transport.write('hello', { host: '127.0.0.1', port });
        expect(await peer.next()).to.deep.equal({ text: 'hello', from: { host: '127.0.0.1', port } });
        expect(await program.stop()).to.deep.equal({ code: 0, signal: null });
      } finally {
        await program.kill();
      }
    }));
});
