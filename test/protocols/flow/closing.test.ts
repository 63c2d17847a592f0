/**
 * What is due in the very turn in which a reactor closes the ports: they are stopping, and their `stopProtocol` has not
 * run yet. On fake transports, where a test can put both into one turn.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CancelledError, Deferred } from '../../../index.js';
import { onFakePorts } from './fake-ports.js';
import { NAME, outcomeOf, Recorder } from './world.js';

const client = { host: '127.0.0.1', port: 2000 };
const server = { host: '127.0.0.1', port: 3000 };

describe('in the turn in which the ports are being closed', () => {
  it('a keepalive that is due is not sent, and nothing fails', () => {
    const { clock, ports, allocator, closeAt } = onFakePorts({ keepalive: 5 });
    closeAt(5);
    const protocol = new Recorder();
    void allocator.allocate(NAME, '127.0.0.1', protocol);
    ports[0]!.deliver(NAME, server);
    expect(protocol.events).to.deep.equal(['allocated']);
    clock.advance(5);
    expect(protocol.events).to.deep.equal(['allocated', 'deallocated ConnectionDone']);
    expect(ports[0]!.written).to.have.length(1);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('a request that is due is not sent, and the asking is cancelled', () => {
    const { clock, ports, allocator, closeAt } = onFakePorts({});
    closeAt(0.5);
    const outcome = outcomeOf(allocator.allocate(NAME, '127.0.0.1', new Recorder()));
    clock.advance(0.5);
    expect(outcome.error).to.be.instanceOf(CancelledError);
    expect(ports[0]!.written).to.have.length(1);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('an answer that comes is not echoed, and its protocol has no hook called', () => {
    const { clock, ports, allocator } = onFakePorts({ echo: 'on-accept' });
    const answer = new Deferred<Recorder>();
    allocator.listen();
    allocator.register(NAME, () => answer);
    ports[0]!.deliver(NAME, client);
    for (const port of ports) void port.stopListening();
    const far = new Recorder();
    answer.callback(far);
    clock.advance(1);
    expect(far.events).to.deep.equal([]);
    expect(ports[1]!.written).to.deep.equal([]);
    expect(allocator.flows.size).to.equal(0);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });
});
