/**
 * A console beside the reactor: `node stdiodemo.js`. Its commands look for themselves; `check host port` asks an HTTP server
 * for its first page without waiting for it, so that other commands can be given meanwhile.
 */
import { connectProtocol, Deferred, Protocol, Reactor, TCPClientEndpoint } from 'plait';
import { LineReceiver } from 'plait/protocols';

/** Asks for a page, and gives all that the server answers. */
class Page extends Protocol {
  readonly answer: Deferred<string> = new Deferred();
  #text = '';

  override connectionMade(): void {
    this.transport.write('GET / HTTP/1.0\r\n\r\n');
  }

  override dataReceived(data: Buffer): void {
    this.#text += data.toString('latin1');
  }

  override connectionLost(): void {
    this.answer.callback(this.#text);
  }
}

export class Console extends LineReceiver {
  override delimiter: string = '\n';
  readonly #reactor: Reactor;

  constructor(reactor: Reactor) {
    super();
    this.#reactor = reactor;
  }

  override connectionMade(): void {
    this.sendLine("Web checker console. Type 'help' for help.");
    this.transport.write('>>> ');
  }

  override lineReceived(line: Buffer): void {
    const [command = '', ...args] = line.toString().trim().split(/\s+/);
    if (command === 'help') this.sendLine('Commands: help, check <host> <port>, quit');
    else if (command === 'check') this.#check(args);
    else if (command === 'quit') {
      this.sendLine('Goodbye.');
      this.transport.loseConnection();
      return;
    } else if (command !== '') this.sendLine(`Error: no such command: ${command}`);
    this.transport.write('>>> ');
  }

  #check([host = '', port = '80']: readonly string[]): void {
    const page = new Page();
    connectProtocol(new TCPClientEndpoint(this.#reactor, host, Number(port)), page)
      .addCallback(() => page.answer)
      .addCallbacks(
        (answer) => this.sendLine(`Success: got ${answer.length} bytes, ${answer.split('\r\n')[0]}`),
        (error) => this.sendLine(`Failure: ${error.message}`),
      );
  }
}

if (process.argv[1] === import.meta.filename) {
  const reactor = new Reactor();
  reactor.standardIO(new Console(reactor));
}
