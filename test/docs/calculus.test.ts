/** The testing tutorial's tests, which are examples themselves; and its program. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import '../../docs/examples/calculus/calculation.test.js';
import '../../docs/examples/calculus/client.test.js';
import '../../docs/examples/calculus/on-a-bad-network.test.js';
import '../../docs/examples/calculus/over-tcp.test.js';
import { main as remote } from '../../docs/examples/calculus/remote.js';
import '../../docs/examples/calculus/remote.test.js';
import { withReactor } from './fixtures.js';
import { serving, visit } from './tcp-fixtures.js';

describe('remote', () => {
  it('is a program that answers', () =>
    withReactor((reactor) =>
      serving(reactor, remote, async (port) => {
        const visitor = await visit(reactor, port);
        visitor.says('divide 100 7\r\n');
        await visitor.hears('14\r\n');
        visitor.transport.loseConnection();
        expect(await visitor.end()).to.equal('ConnectionDone');
      }),
    ));
});
