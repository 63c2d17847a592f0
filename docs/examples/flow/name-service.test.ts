import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FlowAllocator } from 'plait/protocols';
import { simulation } from 'plait/testing';
import { Directory } from './directory.js';
import { beGreeted, Greeter } from './name-service.js';

describe('the name service', () => {
  // region simulated
  it(
    'leads to the application, over a link that loses a fifth of everything',
    simulation({ loss: 0.2, latency: [0.01, 0.1] }, async (network) => {
      const [user, names, application] = ['user', 'names', 'application'].map((name) => network.host(name));

      const greeters = new FlowAllocator(application!.reactor);
      greeters.listen();
      greeters.register('greeter', () => new Greeter());
      const directories = new FlowAllocator(names!.reactor);
      directories.listen();
      const places = new Map([['greeter', { host: application!.address, port: FlowAllocator.PORT }]]);
      directories.register('directory', () => new Directory(places));

      const allocator = new FlowAllocator(user!.reactor);
      let greeting = '';
      void beGreeted(allocator, { host: 'names', port: FlowAllocator.PORT }, 'Ada').then((text) => (greeting = text));
      await network.runUntilAsync(() => greeting !== '', { timeout: 60 });
      assert.equal(greeting, 'Good day, Ada!');
    }),
  );
  // endregion
});
