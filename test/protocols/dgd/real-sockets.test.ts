import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Reactor } from '../../../index.js';
import { DgdServer } from '../../../protocols/index.js';
import { until } from './until.js';
import { Client, User } from './world.js';

describe("DGD's datagram channel on real sockets", () => {
  it('opens by a challenge told by TCP, and carries datagrams both ways', async () => {
    const reactor = new Reactor();
    try {
      const users: User[] = [];
      const server = new DgdServer(() => {
        const user = new User();
        users.push(user);
        user.onMessage = () => user.sendMessage(user.datagramChallenge());
        user.onDatagram = (text) => void user.sendDatagram(`heard ${text}`);
        return user;
      });
      const { port } = await server.listen(reactor, 0, { interface: '127.0.0.1' });
      const client = new Client();
      await client.connect(reactor, '127.0.0.1', port);
      client.sendMessage('challenge me');
      await until(() => client.messages.join('').length === 32);
      client.answerChallenge(client.messages.join(''));
      await until(() => users[0]!.openings === 1);
      client.sendDatagram('hello');
      await until(() => client.datagrams.length === 1);
      expect(client.datagrams).to.deep.equal(['heard hello']);
      expect(client.openings).to.equal(1);
      const stopped = server.stopListening();
      client.disconnect();
      await stopped;
      await until(() => users[0]!.closed !== undefined && reactor.openHandles().length === 0);
    } finally {
      await reactor.close();
    }
  });
});
