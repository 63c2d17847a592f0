/** Reads standard input line by line, beside whatever else the reactor does: `node stdin.js`. */
import { Reactor } from 'plait';
import { LineReceiver } from 'plait/protocols';

class Echo extends LineReceiver {
  override delimiter: string = '\n';

  override connectionMade(): void {
    this.transport.write('>>> ');
  }

  override lineReceived(line: Buffer): void {
    this.sendLine(`Echo: ${line.toString()}`);
    this.transport.write('>>> ');
  }
}

const reactor = new Reactor();
reactor.standardIO(new Echo());
