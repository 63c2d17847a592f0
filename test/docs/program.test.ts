import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startExample } from './program.js';

describe('an example that is run', () => {
  for (const [what, path, ...args] of [
    ['TCP', 'endpoints/server', 'tcp:0:interface=127.0.0.1'],
    ['UDP', 'readme/server', '0'],
  ] as const) {
    it(`tells on which port of ${what} it listens`, async () => {
      const program = startExample(path, ...args);
      try {
        expect(await program.port()).to.be.within(1, 65535);
      } finally {
        await program.stop();
      }
    });
  }
});
