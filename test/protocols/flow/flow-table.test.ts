import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { FlowTable } from '../../../protocols/flow/flow-table.js';
import type { ServedFlow } from '../../../protocols/flow/served-flow.js';

/** What the table looks at. */
function flowOf(host: string, port: number, name = 'name'): ServedFlow & { used: boolean } {
  return { client: { host, port }, name, used: false } as unknown as ServedFlow & { used: boolean };
}

describe('FlowTable', () => {
  it('knows a flow by the client’s address and port', () => {
    const table = new FlowTable(10, 10);
    const [a, b] = [flowOf('192.0.2.1', 1000), flowOf('192.0.2.1', 1001)];
    table.add(a);
    table.add(b);
    expect(table.get({ host: '192.0.2.1', port: 1001 })).to.equal(b);
    expect(table.get({ host: '192.0.2.2', port: 1001 })).to.equal(undefined);
    table.remove(b);
    expect(table.get({ host: '192.0.2.1', port: 1001 })).to.equal(undefined);
    expect(table.get({ host: '192.0.2.1', port: 1000 })).to.equal(a);
  });

  it('keeps a flow when another of the same address and port, which was never added, is over', () => {
    const table = new FlowTable(10, 10);
    const [open, failed] = [flowOf('192.0.2.1', 1000), flowOf('192.0.2.1', 1000)];
    table.add(open);
    table.remove(failed);
    expect(table.get({ host: '192.0.2.1', port: 1000 })).to.equal(open);
    expect(table.sizes).to.include({ flows: 1, pending: 1 });
  });

  it('keeps nothing of flows that are over, and of those that are proven only where they are', () => {
    const table = new FlowTable(10, 10);
    const flows = Array.from({ length: 6 }, (_, i) => flowOf(`192.0.2.${i >> 1}`, i));
    for (const flow of flows) table.add(flow);
    expect(table.sizes).to.deep.equal({ flows: 6, pending: 6, addresses: 3, rejected: 0 });
    table.proven(flows[0]!);
    table.proven(flows[0]!);
    table.proven(flows[1]!);
    expect(table.sizes).to.deep.equal({ flows: 6, pending: 4, addresses: 2, rejected: 0 });
    for (const flow of flows) table.remove(flow);
    expect(table.sizes).to.deep.equal({ flows: 0, pending: 0, addresses: 0, rejected: 0 });
  });

  it('remembers no more rejections than flows may be pending, the last ones', () => {
    const table = new FlowTable(3, 10);
    for (let port = 1; port <= 10; port++) table.rejected(flowOf('192.0.2.1', port), 10);
    expect(table.sizes.rejected).to.equal(3);
    const remembered = (port: number): boolean => table.isRejected({ host: '192.0.2.1', port }, 'name', 5);
    expect([7, 8, 9, 10].map(remembered)).to.deep.equal([false, true, true, true]);
  });

  it('forgets a rejection when its time is over', () => {
    const table = new FlowTable(3, 10);
    table.rejected(flowOf('192.0.2.1', 1), 10);
    expect(table.isRejected({ host: '192.0.2.1', port: 1 }, 'name', 9.9)).to.equal(true);
    expect(table.isRejected({ host: '192.0.2.1', port: 1 }, 'name', 10)).to.equal(false);
    expect(table.sizes.rejected).to.equal(0);
  });

  it('stays within its bounds, and finds the oldest that was not used, whatever happens', () => {
    const MOST = 5;
    const PER_ADDRESS = 2;
    const step = fc.record({
      what: fc.constantFrom('ask', 'ask', 'ask', 'use', 'prove', 'end'),
      host: fc.constantFrom('a', 'b', 'c', 'd'),
      which: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const table = new FlowTable(MOST, PER_ADDRESS);
        let pending: (ServedFlow & { used: boolean })[] = [];
        let port = 0;
        for (const { what, host, which } of steps) {
          const chosen = pending[which % Math.max(pending.length, 1)];
          if (what === 'ask') {
            const inTheWay = table.inTheWay();
            const full = pending.length === MOST;
            expect(inTheWay).to.equal(full ? (pending.find((flow) => !flow.used) ?? null) : undefined);
            const own = pending.filter((flow) => flow.client.host === host).length;
            expect(table.hasRoomFor(host)).to.equal(own < PER_ADDRESS);
            if (inTheWay === null || !table.hasRoomFor(host)) continue;
            if (inTheWay !== undefined) {
              table.remove(inTheWay);
              pending = pending.filter((flow) => flow !== inTheWay);
            }
            const flow = flowOf(host, ++port);
            table.add(flow);
            pending.push(flow);
          } else if (chosen !== undefined) {
            if (what === 'use') chosen.used = true;
            else if (what === 'prove') table.proven(chosen);
            else table.remove(chosen);
            if (what !== 'use') pending = pending.filter((flow) => flow !== chosen);
          }
          expect(table.sizes.pending).to.equal(pending.length).and.to.be.at.most(MOST);
          expect(table.sizes.addresses).to.equal(new Set(pending.map((flow) => flow.client.host)).size);
        }
      }),
    );
  });
});
