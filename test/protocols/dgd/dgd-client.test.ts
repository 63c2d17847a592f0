import { expect } from 'chai';
import { describe, it } from 'mocha';
import { AlreadyConnectedError, MessageLengthError, NotConnectedError, Protocol } from '../../../index.js';
import { ChallengeError, DatagramChannelNotOpenError } from '../../../protocols/index.js';
import { SimulatedNetwork, successResultOf } from '../../../testing.js';
import { Client, PORT, World } from './world.js';

/** When datagrams left a host, in seconds after the first. */
function sends(world: World, host: string): number[] {
  const times = world.network.trace.events
    .filter((event) => event.type === 'sent' && event.host === host && event.segment === undefined)
    .map(({ time }) => time);
  return times.map((time) => time - times[0]!);
}

describe('a DgdClient', () => {
  it('connects by name, and sends datagrams to where TCP has gone', () => {
    const world = new World();
    const client = new Client();
    const connected = client.connect(world.network.host('a').reactor, 'server', PORT);
    world.network.advance(1);
    expect(successResultOf(connected)).to.equal(client);
    const [user] = world.users;
    client.answerChallenge(user!.datagramChallenge());
    world.network.names.set('server', '10.99.99.99');
    client.sendDatagram('hello');
    world.network.advance(1);
    expect(user!.datagrams).to.deep.equal(['hello']);
  });

  it('is confirmed by the first datagram from the server', () => {
    const world = new World();
    const { client, user } = world.client('a');
    client.answerChallenge(user.datagramChallenge());
    world.network.advance(0.1);
    expect(client.openings).to.equal(0);
    user.sendDatagram('welcome');
    world.network.advance(60);
    expect([client.openings, client.datagrams]).to.deep.equal([1, ['welcome']]);
    expect(sends(world, 'a')).to.have.lengthOf(1);
  });

  it('sends an unconfirmed challenge seven times, further and further apart', () => {
    const world = new World();
    const { client } = world.client('a');
    client.answerChallenge('secret');
    world.network.advance(60);
    const times = sends(world, 'a');
    expect(times).to.have.lengthOf(7);
    const waits = [0.25, 0.5, 1, 2, 4, 4];
    for (const [i, wait] of waits.entries()) {
      expect(times[i + 1]! - times[i]!).to.be.within(wait * 0.8, wait * 1.2);
    }
  });

  it('gets through where challenges are lost', () => {
    const world = new World();
    const { client, user } = world.client('a');
    world.network.partition('a', 'server');
    client.answerChallenge(user.datagramChallenge());
    world.network.advance(1);
    world.network.heal();
    world.network.runUntil(() => user.openings === 1, { timeout: 2 });
  });

  it('stops repeating when the application confirms, and opens once', () => {
    const world = new World();
    const { client, user } = world.client('a');
    client.answerChallenge('secret');
    client.confirm();
    client.confirm();
    user.datagramChallenge('other');
    world.network.advance(60);
    expect(client.openings).to.equal(1);
    expect(sends(world, 'a')).to.have.lengthOf(1);
  });

  it('does not repeat where that is not wanted', () => {
    const world = new World();
    const { client } = world.client('a', { repeat: false });
    client.answerChallenge('secret');
    world.network.advance(60);
    expect(sends(world, 'a')).to.have.lengthOf(1);
  });

  it('may send once it has answered, before it is confirmed', () => {
    const world = new World();
    const { client, user } = world.client('a');
    expect(() => client.sendDatagram('x')).to.throw(DatagramChannelNotOpenError);
    client.answerChallenge(user.datagramChallenge());
    expect(client.sendDatagram('position')).to.equal(8);
    expect(client.sendDatagram('')).to.equal(0);
    world.network.advance(0.1);
    expect(user.datagrams).to.deep.equal(['position']);
    expect(() => client.sendDatagram(Buffer.alloc(65508))).to.throw(MessageLengthError);
  });

  it('takes datagrams from the server only', () => {
    const world = new World();
    const { client, user } = world.client('a');
    client.answerChallenge(user.datagramChallenge());
    world.network.advance(0.1);
    const { reactor } = world.network.host('spoofer');
    const port = reactor.listenUDP(0, {});
    for (const event of world.network.trace.events) {
      if (event.type === 'sent' && event.host === 'a' && event.segment === undefined) port.write('spoofed', event.from);
    }
    world.network.advance(1);
    expect(port.stats.sent).to.equal(1);
    expect(client.datagrams).to.deep.equal([]);
  });

  it('closes its datagrams with TCP, and leaves nothing open', () => {
    const world = new World();
    const { client, user, host } = world.client('a');
    client.answerChallenge(user.datagramChallenge());
    user.disconnect();
    world.network.advance(1);
    expect(client.closed?.name).to.equal('ConnectionDone');
    expect(() => client.sendDatagram('x')).to.throw(DatagramChannelNotOpenError);
    expect(() => client.answerChallenge('x')).to.throw(NotConnectedError);
    expect(host.reactor.openHandles()).to.deep.equal([]);
  });

  it('fails to connect where nobody listens, and can be given up', () => {
    const network = new SimulatedNetwork();
    network.host('server');
    const { reactor } = network.host('a');
    const failures: string[] = [];
    new Client().connect(reactor, 'server', PORT).addErrback((error) => failures.push(error.name));
    network.advance(1);
    const given = new Client().connect(reactor, '10.99.99.99', PORT);
    given.addErrback((error) => failures.push(error.name));
    network.advance(1);
    given.cancel();
    network.advance(1);
    expect(failures).to.deep.equal(['ConnectionRefusedError', 'CancelledError']);
    expect(reactor.openHandles()).to.deep.equal([]);
  });

  it('refuses misuse by name', () => {
    const world = new World();
    const { client, host } = world.client('a');
    expect(() => client.connect(host.reactor, 'server', PORT)).to.throw(AlreadyConnectedError);
    expect(() => client.answerChallenge('')).to.throw(ChallengeError);
    expect(() => new Client().sendMessage('x')).to.throw(NotConnectedError);
    expect(() => new Client().answerChallenge('x')).to.throw(NotConnectedError);
    expect(() => new Client().connect(host.reactor, 'server', 0)).to.throw(RangeError);
  });

  it('wakes the driver of today, which notices a met challenge only when something else comes', () => {
    const network = new SimulatedNetwork();
    const host = network.host('driver');
    let met = false;
    host.reactor.listenTCP(PORT, () => new Protocol(), { interface: host.address });
    host.reactor.listenUDP(
      PORT,
      {
        datagramReceived(data, address, transport) {
          if (met) transport.write('ATTACHED', address);
          met ||= data.toString() === 'secret';
        },
      },
      { interface: host.address },
    );
    network.advance(0);
    const client = new Client();
    void client.connect(network.host('a').reactor, 'driver', PORT);
    network.advance(1);
    client.answerChallenge('secret');
    network.runUntil(() => client.openings === 1, { timeout: 1 });
    expect(client.datagrams).to.deep.equal(['ATTACHED']);
  });
});
