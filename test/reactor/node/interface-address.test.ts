import { syncBuiltinESMExports } from 'node:module';
import os, { type NetworkInterfaceInfo } from 'node:os';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { interfaceAddress } from '../../../reactor/node/interface-address.js';
import { loopbackName, thrownBy } from './sockets.js';

describe('the address of a network interface', () => {
  describe('on a machine with a few', () => {
    beforeEach(() => {
      sinon.stub(os, 'networkInterfaces').returns({
        lo: [address('127.0.0.1', 'IPv4'), address('::1', 'IPv6')],
        eth0: [
          address('192.0.2.2', 'IPv4'),
          address('192.0.2.3', 'IPv4'),
          address('fe80::fc:ff:fe00:1', 'IPv6'),
          address('2001:db8::2', 'IPv6'),
        ],
        wlan0: [address('198.51.100.7', 'IPv4')],
        tun0: [address('2001:db8:1::1', 'IPv6')],
        gone: undefined,
      });
      syncBuiltinESMExports();
    });

    afterEach(() => {
      sinon.restore();
      syncBuiltinESMExports();
    });

    const found: [given: string, family: 4 | 6, result: string, why: string][] = [
      ['', 4, '0.0.0.0', 'the system’s choice'],
      ['', 6, '::', 'the system’s choice'],
      ['192.0.2.2', 4, '192.0.2.2', 'an IPv4 address is what IPv4 wants'],
      ['203.0.113.9', 4, '203.0.113.9', 'whether there is one is the system’s to say'],
      ['0.0.0.0', 4, '0.0.0.0', 'the wildcard'],
      ['eth0', 4, '192.0.2.2', 'the first of a name'],
      ['wlan0', 4, '198.51.100.7', 'a name'],
      ['eth0', 6, '::%eth0', 'IPv6 wants a scope'],
      ['lo', 6, '::%lo', 'a name'],
      ['::%eth0', 6, '::%eth0', 'a scope already'],
      ['fe80::1%eth0', 6, 'fe80::1%eth0', 'a scope already'],
      ['::', 6, '::', 'the wildcard'],
      ['0:0:0:0:0:0:0:0', 6, '0:0:0:0:0:0:0:0', 'the wildcard in another spelling'],
      ['2001:db8::2', 6, '::%eth0', 'the interface that has the address'],
      ['2001:0DB8:1:0::1', 6, '::%tun0', 'the address in another spelling'],
      ['fe80::fc:ff:fe00:1', 6, '::%eth0', 'a link-local address without scope'],
    ];

    for (const [given, family, result, why] of found) {
      it(`of ${JSON.stringify(given)} in IPv${family} is ${result}: ${why}`, () => {
        expect(interfaceAddress(given, family)).to.equal(result);
      });
    }

    const missing: [given: string, family: 4 | 6, why: string][] = [
      ['eth7', 4, 'there is none of that name'],
      ['ETH0', 4, 'names are case-sensitive'],
      ['tun0', 4, 'it has no IPv4 address'],
      ['wlan0', 6, 'it has no IPv6 address'],
      ['gone', 4, 'it has no addresses'],
      ['2001:db8::99', 6, 'no interface has that address'],
    ];

    for (const [given, family, why] of missing) {
      it(`of ${given} in IPv${family} is refused with ENODEV: ${why}`, () => {
        const error = thrownBy(() => interfaceAddress(given, family));
        expect(error.code).to.equal('ENODEV');
        expect(error.message).to.include(given).and.include(`IPv${family}`);
      });
    }
  });

  it('of the loopback of this machine is 127.0.0.1', () => {
    expect(interfaceAddress(loopbackName(), 4)).to.equal('127.0.0.1');
  });
});

function address(host: string, family: 'IPv4' | 'IPv6'): NetworkInterfaceInfo {
  const common = { address: host, netmask: '', mac: '00:00:00:00:00:00', internal: false, cidr: null };
  return family === 'IPv4' ? { ...common, family } : { ...common, family, scopeid: 0 };
}
