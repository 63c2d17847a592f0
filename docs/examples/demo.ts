/**
 * What plait does, on this machine's own loopback network, in three scenes: an echo; a greeting that is answered and,
 * once the server is gone, refused; three servers found by multicast. `npm run demo`
 *
 * Nothing here waits for time: each scene goes on when something has happened, and fails when it has not within five
 * seconds. `node demo.js [interface]` makes the discovery on another interface than loopback's.
 */
import { type Address, DatagramInbox, DatagramProtocol, Deferred, type HookResult, react, type Reactor } from 'plait';
import { Echo, Helloer, MulticastClient, MulticastServer } from 'plait/protocols';

const LOOPBACK = '127.0.0.1';
const GROUP = '239.192.7.1';

/** Plays the three scenes; any error ends it. `seconds` is how long each step may take. */
export async function main(reactor: Reactor, networkInterface: string = LOOPBACK, seconds: number = 5): Promise<void> {
  const trouble = new Promise<never>((_, reject) => reactor.on('error', reject));
  const scenes = async (): Promise<void> => {
    await echo(reactor, seconds);
    await greeting(reactor, seconds);
    await discovery(reactor, networkInterface, seconds);
  };
  await Promise.race([scenes(), trouble]);
}

/** Datagrams go to an echo server and come back, and are taken with `for await`. */
async function echo(reactor: Reactor, seconds: number): Promise<void> {
  console.log('\n1. Echo: what is sent comes back');
  const lines = ['to be', 'or not to be', 'Zażółć gęślą jaźń'];
  await using server = reactor.listenUDP(0, new Echo(), { interface: LOOPBACK });
  const tooLong = new AbortController();
  const deadline = reactor.callLater(seconds, () => tooLong.abort(new Error('The echo did not come back')));
  const inbox = new DatagramInbox({ signal: tooLong.signal });
  await using client = reactor.listenUDP(0, inbox);
  for (const line of lines) {
    say('client', `"${line}" to ${text(server.getHost())}`);
    client.write(line, server.getHost());
  }
  const missing = new Set(lines); // datagrams may overtake each other
  for await (const [data, from] of inbox) {
    say('client', `"${data.toString()}" came back from ${text(from)}`);
    missing.delete(data.toString());
    if (missing.size === 0) break;
  }
  deadline.cancel();
}

/** A connected port: it hears its peer only, and hears when nobody listens there. */
async function greeting(reactor: Reactor, seconds: number): Promise<void> {
  console.log('\n2. Connected: a greeting is answered, and refused when the server is gone');
  const server = reactor.listenUDP(0, new Answerer(), { interface: LOOPBACK });
  const { host, port } = server.getHost();
  const visitor = new Visitor(host, port);
  await using client = reactor.listenUDP(0, visitor);
  say('visitor', `"${visitor.greeting.toString()}" to ${text(server.getHost())}`);
  say('visitor', `was answered "${await visitor.answered.addTimeout(seconds, reactor)}"`);
  await server.stopListening();
  say('server', 'is gone');
  say('visitor', '"still there?"');
  client.write('still there?');
  await visitor.refused.addTimeout(seconds, reactor);
  say('visitor', `was refused: nobody listens at ${text({ host, port })}`);
}

class Answerer extends DatagramProtocol {
  override datagramReceived(data: Buffer, from: Address): void {
    say('server', `heard "${data.toString()}" from ${text(from)}`);
    this.transport.write('good day', from);
  }
}

class Visitor extends Helloer {
  readonly answered: Deferred<string> = new Deferred();
  readonly refused: Deferred<void> = new Deferred();

  override datagramReceived(data: Buffer): void {
    if (!this.answered.called) this.answered.callback(data.toString());
  }

  override connectionRefused(): void {
    if (!this.refused.called) this.refused.callback();
  }
}

/** Three servers in a group, on one port; a client that knows none of them asks the group. */
async function discovery(reactor: Reactor, networkInterface: string, seconds: number): Promise<void> {
  console.log(`\n3. Multicast: who is in group ${GROUP}?`);
  const names = ['Ada', 'Grace', 'Edsger'];
  let port = 0; // the first server is given a free one, the others share it
  for (const name of names) {
    const server = new MulticastServer(GROUP, { reply: `I am ${name}`, interface: networkInterface });
    const listening = reactor.listenMulticast(port, server, { listenMultiple: true });
    port = listening.getHost().port;
    say(name, `listens in the group on port ${port}`);
  }
  const client = new Discoverer(GROUP, port, { request: 'Client: Ping', interface: networkInterface });
  client.expected = names.length;
  reactor.listenMulticast(0, client);
  await client.foundAll.addTimeout(seconds, reactor);
}

class Discoverer extends MulticastClient {
  readonly foundAll: Deferred<void> = new Deferred();
  readonly #found = new Set<string>();
  expected: number = 1;

  override startProtocol(): HookResult {
    say('client', 'asks the group: "Client: Ping"');
    return super.startProtocol();
  }

  override datagramReceived(data: Buffer, from: Address): void {
    say('client', `heard "${data.toString()}" from ${text(from)}`);
    this.#found.add(data.toString());
    if (this.#found.size === this.expected && !this.foundAll.called) this.foundAll.callback();
  }
}

function say(who: string, what: string): void {
  console.log(`   ${who.padEnd(8)}${what}`);
}

function text({ host, port }: Address): string {
  return `${host}:${port}`;
}

if (process.argv[1] === import.meta.filename) {
  await react(async (reactor) => {
    await main(reactor, process.argv[2]);
    console.log('\nEverything happened as it should.');
  });
}
