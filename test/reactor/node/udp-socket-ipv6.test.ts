import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { loopbackName, type Opened, sockets, until } from './sockets.js';

describe('IPv6 on node:dgram', () => {
  const open = sockets();

  it('has a dual-stack socket on :: that hears IPv4 as mapped addresses and can answer them', async () => {
    const both = open({ host: '::', family: 6 });
    const four = open();
    four.socket.send(Buffer.from('from four'), { host: '127.0.0.1', port: both.address.port });
    await until(() => both.told.datagrams.length === 1);
    const { peer } = both.told.datagrams[0]!;
    expect(peer).to.deep.equal({ host: '::ffff:127.0.0.1', port: four.address.port });
    both.socket.send(Buffer.from('to four'), peer);
    await until(() => four.told.datagrams.length === 1);
    expect(four.told.datagrams[0]?.peer).to.deep.equal({ host: '127.0.0.1', port: both.address.port });
  });

  it('has a dual-stack socket on :: that hears IPv6', async () => {
    const both = open({ host: '::', family: 6 });
    const six = open({ host: '::1', family: 6 });
    six.socket.send(Buffer.from('x'), { host: '::1', port: both.address.port });
    await until(() => both.told.datagrams.length === 1);
    expect(both.told.datagrams[0]?.peer).to.deep.equal(six.address);
  });

  it('takes a destination with a scope', async () => {
    const [here, there] = [open({ host: '::1', family: 6 }), open({ host: '::1', family: 6 })];
    here.socket.send(Buffer.from('x'), { host: `::1%${loopbackName()}`, port: there.address.port });
    await until(() => there.told.datagrams.length === 1);
    expect(there.told.datagrams[0]?.peer).to.deep.equal(here.address);
  });

  it('connects to a destination with a scope', async () => {
    const [here, there] = [open({ host: '::1', family: 6 }), open({ host: '::1', family: 6 })];
    here.socket.connect({ host: `::1%${loopbackName()}`, port: there.address.port });
    here.socket.send(Buffer.from('x'));
    await until(() => there.told.datagrams.length === 1);
  });

  const linkLocal = linkLocalAddress();
  if (linkLocal !== undefined) {
    it('keeps the scope of a link-local address, in both directions', async () => {
      const both = (): Opened => open({ host: linkLocal, family: 6 });
      const [here, there] = [both(), both()];
      expect(here.address.host).to.equal(linkLocal);
      here.socket.send(Buffer.from('x'), there.address);
      await until(() => there.told.datagrams.length === 1);
      const { peer } = there.told.datagrams[0]!;
      expect(peer).to.deep.equal({ host: linkLocal, port: here.address.port });
      there.socket.send(Buffer.from('y'), peer);
      await until(() => here.told.datagrams.length === 1);
    });
  }
});

function linkLocalAddress(): string | undefined {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    for (const { address, internal } of addresses) {
      if (!internal && address.startsWith('fe80:')) return `${address}%${name}`;
    }
  }
  return undefined;
}
