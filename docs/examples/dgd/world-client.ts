/**
 * A visitor of world-server, who says hello and walks for two seconds: `node world-client.js [port]`
 */
import { LoopingCall, react, type Reactor, type ReactorTime } from 'plait';
import { DgdClient } from 'plait/protocols';

// region client
export class Walker extends DgdClient {
  readonly heard: string[] = [];
  /** Where everybody is, as of the newest datagram. */
  seen = '';
  #line = '';
  #step = 0;
  #newest = -1;

  override receiveMessage(data: Buffer): void {
    const lines = (this.#line + data.toString()).split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) {
      const [word, challenge = ''] = line.split(' ');
      if (word === 'challenge') this.answerChallenge(challenge);
      else if (line === 'channel open') void this.confirm();
      else this.heard.push(line);
    }
  }

  override receiveDatagram(data: Buffer): void {
    const [number = '', ...positions] = data.toString().split(' ');
    if (Number(number) <= this.#newest) return;
    this.#newest = Number(number);
    this.seen = positions.join(' ');
  }

  /** Walks a step every tenth of a second, from when datagrams can be sent. */
  walk(clock: ReactorTime): LoopingCall<void> {
    const walking = new LoopingCall(clock, () => {
      this.#step++;
      this.sendDatagram(`${this.#step} ${this.#step},${this.#step}`);
    });
    return walking;
  }
}
// endregion

export async function main(reactor: Reactor, host: string, port: number): Promise<Walker> {
  const walker = new Walker();
  let opened = (): void => {};
  const open = new Promise<void>((resolve) => (opened = resolve));
  walker.openDatagram = () => opened();
  await walker.connect(reactor, host, port);
  walker.sendMessage('hello\n');
  await open;
  const walking = walker.walk(reactor);
  const walked = walking.start(0.1);
  reactor.callLater(2, () => walking.stop());
  await walked;
  walker.disconnect();
  return walker;
}

if (process.argv[1] === import.meta.filename) {
  await react(async (reactor) => {
    const walker = await main(reactor, '127.0.0.1', Number(process.argv[2] ?? 6047));
    console.log('heard %j, saw %j', walker.heard, walker.seen);
  });
}
