/**
 * A tiny world: who is in it talks by TCP, and tells its position by datagrams. `node world-server.js [port]`
 */
import { type InternetAddress, Reactor } from 'plait';
import { DgdConnection, type DgdReactor, DgdServer } from 'plait/protocols';

// region server
/** One visitor. Lines by TCP are said to all; datagrams are positions, of which only the newest is worth anything. */
export class Visitor extends DgdConnection {
  readonly #world: World;
  #line = '';
  #newest = -1;
  position = '0,0';

  constructor(world: World) {
    super();
    this.#world = world;
  }

  override open(): void {
    // Armed before the bytes leave, so that no answer can be too early.
    this.sendMessage(`challenge ${this.datagramChallenge().toString()}\n`);
  }

  override receiveMessage(data: Buffer): void {
    const lines = (this.#line + data.toString()).split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#world.say(`${this.peer.port}: ${line}`);
  }

  override openDatagram(): void {
    this.sendMessage('channel open\n');
  }

  override receiveDatagram(data: Buffer): void {
    const [number = '', position = ''] = data.toString().split(' ');
    if (Number(number) <= this.#newest) return; // late, or a second time
    this.#newest = Number(number);
    this.position = position;
    this.sendDatagram(`${number} ${this.#world.positions()}`);
  }

  override close(): void {
    this.#world.visitors.delete(this);
  }
}

export class World {
  readonly visitors: Set<Visitor> = new Set();
  readonly server: DgdServer = new DgdServer(() => {
    const visitor = new Visitor(this);
    this.visitors.add(visitor);
    return visitor;
  });

  async listen(reactor: DgdReactor, port: number, host: string): Promise<InternetAddress> {
    return await this.server.listen(reactor, port, { interface: host });
  }

  say(text: string): void {
    for (const visitor of this.visitors) visitor.sendMessage(`${text}\n`);
  }

  positions(): string {
    return [...this.visitors].map(({ position }) => position).join(' ');
  }
}
// endregion

if (process.argv[1] === import.meta.filename) {
  const reactor = new Reactor();
  const { host, port } = await new World().listen(reactor, Number(process.argv[2] ?? 6047), '127.0.0.1');
  console.log('The world is at %s port %d', host, port);
  await reactor.run();
}
