import { type Address, react, type Reactor } from 'plait';
import { FlowAllocator, FlowProtocol } from 'plait/protocols';
import { Directory } from './directory.js';
import { ask } from './question.js';

/** An application: greets whoever says who he is. */
export class Greeter extends FlowProtocol {
  override dataReceived(data: Buffer): void {
    this.flow.write(`Good day, ${data.toString()}!`);
  }
}

// region two-flows
/** Finds an application through the directory, and is greeted by it: one flow to each. */
export async function beGreeted(allocator: FlowAllocator, directory: Address, who: string): Promise<string> {
  const place = await ask(allocator, 'directory', directory, 'greeter');
  if (place === '') throw new Error('The directory knows no greeter');
  const [host = '', port = ''] = place.split(' ');
  return await ask(allocator, 'greeter', { host, port: Number(port) }, who);
}
// endregion

async function main(reactor: Reactor): Promise<void> {
  await using application = new FlowAllocator(reactor);
  const place = application.listen({ interface: '127.0.0.1', port: 0 }).getHost();
  application.register('greeter', () => new Greeter());

  await using names = new FlowAllocator(reactor);
  const directory = names.listen({ interface: '127.0.0.1', port: 0 }).getHost();
  names.register('directory', () => new Directory(new Map([['greeter', place]])));

  await using user = new FlowAllocator(reactor, { idleTimeout: 5 });
  console.log(await beGreeted(user, directory, 'Ada'));
}

if (process.argv[1] === import.meta.filename) await react(main);
