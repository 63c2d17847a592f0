/**
 * The fake transport refuses what a real port refuses, in the same words: the same misuse of both.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DatagramProtocol, type MulticastTransport, Reactor } from '../../index.js';
import { FakeDatagramTransport } from '../../testing.js';

type Use = (port: MulticastTransport) => unknown;

const TO = { host: '127.0.0.1', port: 9 };
const TO6 = { host: '::1', port: 9 };

const connected =
  (use: Use): Use =>
  (port) => {
    port.connect('127.0.0.1', 9);
    use(port);
  };

const stopped =
  (use: Use): Use =>
  (port) => {
    void port.stopListening();
    use(port);
  };

const REFUSED: [what: string, error: string, use: Use][] = [
  ['write to a hostname', 'InvalidAddressError', (port) => port.write('x', { host: 'localhost', port: 9 })],
  ['write to the other family', 'InvalidAddressError', (port) => port.write('x', TO6)],
  ['write to port 0', 'RangeError', (port) => port.write('x', { ...TO, port: 0 })],
  ['write to port 65536', 'RangeError', (port) => port.write('x', { ...TO, port: 65536 })],
  ['write to port 1.5', 'RangeError', (port) => port.write('x', { ...TO, port: 1.5 })],
  ['write to no port', 'RangeError', (port) => port.write('x', { host: TO.host } as typeof TO)],
  ['write without an address', 'AddressError', (port) => port.write('x')],
  ['write of too much', 'MessageLengthError', (port) => port.write(Buffer.alloc(65508), TO)],
  ['write of too much text', 'MessageLengthError', (port) => port.write('ü'.repeat(32754), TO)],
  ['write of a number', 'TypeError', (port) => port.write(7 as never, TO)],
  ['broadcast', 'BroadcastNotAllowedError', (port) => port.write('x', { host: '255.255.255.255', port: 9 })],
  ['<broadcast>', 'BroadcastNotAllowedError', (port) => port.write('x', { host: '<broadcast>', port: 9 })],
  ['connect to a hostname', 'InvalidAddressError', (port) => port.connect('localhost', 9)],
  ['connect to the other family', 'InvalidAddressError', (port) => port.connect('::1', 9)],
  ['connect to port 0', 'RangeError', (port) => port.connect('127.0.0.1', 0)],
  ['a second connect', 'AlreadyConnectedError', connected((port) => port.connect('127.0.0.1', 9))],
  ['write elsewhere when connected', 'AddressError', connected((port) => port.write('x', { ...TO, port: 8 }))],
  ['write when stopped', 'NotConnectedError', stopped((port) => port.write('x', TO))],
  ['connect when stopped', 'NotConnectedError', stopped((port) => port.connect('127.0.0.1', 9))],
  ['setBroadcastAllowed when stopped', 'NotConnectedError', stopped((port) => port.setBroadcastAllowed(true))],
  ['setTTL(256)', 'RangeError', (port) => port.setTTL(256)],
  ['setTTL(-1)', 'RangeError', (port) => port.setTTL(-1)],
  ['joinGroup when stopped', 'NotConnectedError', stopped((port) => port.joinGroup('239.1.2.3'))],
  ['randomBytes(-1)', 'RangeError', (port) => port.reactor.randomBytes(-1)],
  ['randomBytes(1.5)', 'RangeError', (port) => port.reactor.randomBytes(1.5)],
  ['callLater(-1)', 'RangeError', (port) => port.reactor.callLater(-1, () => {})],
];

const REFUSED_IN_IPV6: typeof REFUSED = [
  ['write to the other family', 'InvalidAddressError', (port) => port.write('x', TO)],
  ['write of too much', 'MessageLengthError', (port) => port.write(Buffer.alloc(65528), TO6)],
  ['<broadcast>', 'InvalidAddressError', (port) => port.write('x', { host: '<broadcast>', port: 9 })],
];

for (const [family, host, refused] of [
  ['IPv4', '127.0.0.1', REFUSED],
  ['IPv6', '::1', REFUSED_IN_IPV6],
] as const) {
  describe(`a fake and a real ${family} port refuse alike`, () => {
    for (const [what, name, use] of refused) {
      it(`${what}: ${name}`, async () => {
        await using reactor = new Reactor();
        const real = reactor.listenMulticast(0, new DatagramProtocol(), { interface: host });
        const fake = new FakeDatagramTransport({ host, port: real.getHost().port });
        const [ofFake, ofReal] = [errorOf(fake, use), errorOf(real, use)];
        expect(ofFake).to.deep.equal(ofReal);
        expect(ofFake).to.include({ name });
        expect(fake.written).to.deep.equal([]);
      });
    }
  });
}

/** All that an error says, but where it was thrown. */
function errorOf(port: MulticastTransport, use: Use): object {
  try {
    use(port);
  } catch (error) {
    const { name, message } = error as Error;
    return { ...(error as object), name, message };
  }
  throw new Error('Nothing was thrown');
}
