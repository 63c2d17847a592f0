import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DNSLookupError, MulticastJoinError } from '../../index.js';
import { FakeDatagramTransport, failureResultOf, successResultOf } from '../../testing.js';

describe('the groups of a FakeDatagramTransport', () => {
  it('are those it has joined and not left', () => {
    const transport = new FakeDatagramTransport();
    successResultOf(transport.joinGroup('239.1.2.3'));
    successResultOf(transport.joinGroup('239.1.2.4'));
    successResultOf(transport.leaveGroup('239.1.2.3'));
    expect([...transport.groups]).to.deep.equal(['239.1.2.4']);
  });

  it('are told apart by interface and by source', () => {
    const transport = new FakeDatagramTransport();
    successResultOf(transport.joinGroup('239.1.2.3'));
    successResultOf(transport.joinGroup('239.1.2.3', 'eth0'));
    successResultOf(transport.joinSourceGroup('192.0.2.1', '232.1.2.3', '127.0.0.1'));
    expect([...transport.groups]).to.deep.equal(['239.1.2.3', '239.1.2.3 eth0', '192.0.2.1 232.1.2.3 127.0.0.1']);
    successResultOf(transport.leaveSourceGroup('192.0.2.1', '232.1.2.3', '127.0.0.1'));
    successResultOf(transport.leaveGroup('239.1.2.3', 'eth0'));
    expect([...transport.groups]).to.deep.equal(['239.1.2.3']);
  });

  it('cannot be joined twice, as on a real port', () => {
    const transport = new FakeDatagramTransport();
    successResultOf(transport.joinGroup('239.1.2.3'));
    const error = failureResultOf(transport.joinGroup('239.1.2.3'), MulticastJoinError);
    expect(error).to.include({ group: '239.1.2.3', interface: '' });
    expect(error.cause).to.include({ code: 'EADDRINUSE' });
  });

  it('cannot be left without having been joined, as on a real port', () => {
    const error = failureResultOf(new FakeDatagramTransport().leaveGroup('239.1.2.3', 'eth0'), MulticastJoinError);
    expect(error).to.include({ group: '239.1.2.3', interface: 'eth0' });
    expect(error.cause).to.include({ code: 'EADDRNOTAVAIL' });
  });

  it('are groups, of the family of the port', () => {
    const transport = new FakeDatagramTransport();
    for (const group of ['192.0.2.1', 'ff02::1']) failureResultOf(transport.joinGroup(group), MulticastJoinError);
    expect(transport.groups).to.be.empty;
  });

  it('have no names', () => {
    const error = failureResultOf(new FakeDatagramTransport().joinGroup('group.example'), MulticastJoinError);
    expect(error.cause).to.be.instanceOf(DNSLookupError);
  });

  it('have options that are remembered', () => {
    const transport = new FakeDatagramTransport();
    transport.setTTL(3);
    transport.setLoopbackMode(false);
    successResultOf(transport.setOutgoingInterface('eth0'));
    expect([transport.getTTL(), transport.getLoopbackMode(), transport.getOutgoingInterface()]).to.deep.equal([
      3,
      false,
      'eth0',
    ]);
  });
});
