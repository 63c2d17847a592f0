import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type Address, DatagramInbox, DatagramProtocol, Deferred, Reactor, type UDPPort } from '../../../index.js';
import { DeliveryFailedError, GuaranteedDatagramProtocol } from '../../../protocols/index.js';
import { identityOf } from './fixtures.js';

class Echoing extends GuaranteedDatagramProtocol {
  override messageReceived(data: Buffer, address: Address): Deferred<unknown> {
    return this.send(data, address);
  }
}

/** Says when it has heard so many messages. */
class Client extends GuaranteedDatagramProtocol {
  readonly heard: Buffer[] = [];
  readonly enough: Deferred<void> = new Deferred();
  readonly #wanted: number;

  constructor(wanted: number) {
    super();
    this.#wanted = wanted;
  }

  override messageReceived(data: Buffer): void {
    this.heard.push(data);
    if (this.heard.length === this.#wanted) this.enough.callback();
  }
}

describe('guaranteed delivery on sockets', () => {
  let reactor: Reactor;
  let errors: Error[];

  beforeEach(() => {
    reactor = new Reactor();
    errors = [];
    reactor.on('error', (error) => errors.push(error));
  });
  afterEach(async () => {
    await reactor.close();
    expect(errors).to.deep.equal([]);
    expect(reactor.openHandles().map(String)).to.deep.equal([]);
  });

  const open = (protocol: DatagramProtocol, host = '127.0.0.1'): UDPPort =>
    reactor.listenUDP(0, protocol, { interface: host });

  for (const host of ['127.0.0.1', '::1']) {
    it(`carries messages there and back on ${host}`, async () => {
      const [echo, client] = [new Echoing(), new Client(50)];
      const to = open(echo, host).getHost();
      open(client, host);
      const receipts = await Promise.all(Array.from({ length: 50 }, (_, i) => client.send(`message ${i}`, to)));
      await client.enough;
      expect(receipts.every(({ attempts, roundTrip }) => attempts >= 1 && roundTrip > 0)).to.equal(true);
      expect(new Set(client.heard.map(String)).size).to.equal(50);
      await Promise.all([echo.drain(), client.drain()]);
      expect([echo.connected, client.connected]).to.deep.equal([false, false]);
    });
  }

  it('carries the longest message', async () => {
    const [echo, client] = [new Echoing(), new Client(1)];
    const to = open(echo).getHost();
    open(client);
    const message = reactor.randomBytes(65502);
    await client.send(message, to);
    await client.enough;
    expect(client.heard[0]!.equals(message)).to.equal(true);
    await Promise.all([echo.drain(), client.drain()]);
  });

  it('sends again what was lost', async () => {
    const client = new GuaranteedDatagramProtocol();
    open(client);
    const identities: number[] = [];
    // A peer that overhears the first two copies.
    const deaf = open(
      new (class extends DatagramProtocol {
        override datagramReceived(data: Buffer, address: Address): void {
          identities.push(identityOf(data));
          if (identities.length < 3) return;
          data[0] = 0x5f;
          this.transport.write(data.subarray(0, 5), address);
        }
      })(),
    );
    const { attempts, roundTrip } = await client.send('x', deaf.getHost());
    expect(attempts).to.equal(3);
    expect(roundTrip).to.be.greaterThan(1);
    expect(new Set(identities).size).to.equal(1);
  });

  it('hears on a connected port that nobody listens', async () => {
    const inbox = new DatagramInbox();
    const gone = open(inbox);
    const to = gone.getHost();
    await gone.stopListening();
    const client = new GuaranteedDatagramProtocol();
    open(client).connect(to.host, to.port);
    let failure: Error | undefined;
    await client.send('x', to).addErrback((error) => {
      failure = error;
    });
    expect(failure).to.be.instanceOf(DeliveryFailedError).that.deep.includes({ reason: 'refused', attempts: 1 });
  });

  it('ends everything when the reactor is closed', async () => {
    const client = new GuaranteedDatagramProtocol();
    const nobody = open(new DatagramProtocol());
    open(client);
    const sent = client.send('x', nobody.getHost());
    const over = sent.addBoth((result) => (result as DeliveryFailedError).reason);
    await reactor.close();
    expect(await over).to.equal('stopped');
  });
});
