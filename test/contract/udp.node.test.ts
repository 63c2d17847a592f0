import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DatagramInbox, Reactor } from '../../index.js';
import { Echo } from '../../protocols/index.js';
import { udpContract } from '../../testing/contract/udp.js';
import { hasIPv6, nodeContractNetwork } from './node-contract-network.js';

// Broadcast to 255.255.255.255, which does not pass loopback, is shown in multicast.node.test.ts.
describe('the node network', () => {
  udpContract(
    () => nodeContractNetwork(),
    { describe, it },
    { noIPv6: !hasIPv6(), noBroadcast: true, noReportErrors: true, noPacketInfo: true },
  );

  if (hasIPv6()) {
    it('has a port hear its peer that gave the peer a scope which datagrams from it do not show', async () => {
      const reactor = new Reactor();
      try {
        const { port } = reactor.listenUDP(0, new Echo(), { interface: '::1' }).getHost();
        const inbox = new DatagramInbox();
        const client = reactor.listenUDP(0, inbox, { interface: '::1' });
        client.connect('::1%lo', port);
        client.write('hello', { host: '::1%lo', port });
        const [data, address] = (await inbox[Symbol.asyncIterator]().next()).value!;
        expect(data.toString()).to.equal('hello');
        expect(address).to.deep.equal({ host: '::1', port });
        client.write('hello again', address);
        client.write('and again', { host: '::1', port });
      } finally {
        await reactor.close();
      }
    });
  }
});
