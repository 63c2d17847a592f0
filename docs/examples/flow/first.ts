import { Deferred, react } from 'plait';
import { FlowAllocator, FlowProtocol } from 'plait/protocols';

/** Sends back what it is sent. */
class Echo extends FlowProtocol {
  override dataReceived(data: Buffer): void {
    this.flow.write(data);
  }
}

/** Says hello, and waits for an answer. */
class Hello extends FlowProtocol {
  readonly answer: Deferred<string> = new Deferred();

  override flowAllocated(): void {
    this.flow.write('hello');
  }

  override dataReceived(data: Buffer): void {
    if (!this.answer.called) this.answer.callback(data.toString());
  }
}

await react(async (reactor) => {
  await using server = new FlowAllocator(reactor);
  const { host, port } = server.listen({ interface: '127.0.0.1', port: 0 }).getHost();
  server.register('echo-server', () => new Echo());

  await using client = new FlowAllocator(reactor);
  const hello = new Hello();
  const flow = await client.allocate('echo-server', host, hello, { port });
  console.log(`${await hello.answer.addTimeout(2, reactor)}, from port ${flow.getPeer().port}, not ${port}`);
});
