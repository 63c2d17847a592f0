/** The examples of docs/flow-allocation.md, on loopback and on a simulated network. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import '../../docs/examples/flow/name-service.test.js';
import { registerAll } from '../../docs/examples/flow/answers.js';
import { allocateSomewhere } from '../../docs/examples/flow/asking.js';
import { ask, Question } from '../../docs/examples/flow/question.js';
import { beGreeted } from '../../docs/examples/flow/name-service.js';
import { Newsagent, readNews } from '../../docs/examples/flow/server-speaks-first.js';
import { FlowAllocator, FlowProtocol, FlowTimeoutError, PeerGone } from '../../protocols/index.js';
import { Directory } from '../../docs/examples/flow/directory.js';
import { SimulatedNetwork } from '../../testing.js';
import { runExample } from './program.js';

/** Two hosts with an allocator each; the server listens. */
function twoHosts(): { network: SimulatedNetwork; client: FlowAllocator; server: FlowAllocator } {
  const network = new SimulatedNetwork();
  const server = new FlowAllocator(network.host('server').reactor, { echo: 'on-accept' });
  server.listen();
  return { network, server, client: new FlowAllocator(network.host('client').reactor, { idleTimeout: 10 }) };
}

const SERVER = { host: 'server', port: FlowAllocator.PORT };

/** What a promise comes to, in so many seconds of the network; undefined when it is still waiting. */
async function resultOf<T>(
  network: SimulatedNetwork,
  promise: Promise<T>,
  seconds = 60,
): Promise<T | Error | undefined> {
  let result: T | Error | undefined;
  void promise.then(
    (value) => (result = value),
    (error: Error) => (result = error),
  );
  await network.advanceAsync(seconds);
  return result;
}

describe('examples of the guide to flow allocation', () => {
  it('first: asks, prints the answer and ends', async () => {
    const program = await runExample('flow/first');
    expect(program.complaints).to.equal('');
    expect(program.stdout).to.match(/^hello, from port \d+, not \d+\n$/);
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
  });

  it('name-service: finds the application, is greeted and ends', async () => {
    const program = await runExample('flow/name-service');
    expect(program.complaints).to.equal('');
    expect(program.stdout).to.equal('Good day, Ada!\n');
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
  });

  it('name-service: says when the directory does not know the application', async () => {
    const { network, server, client } = twoHosts();
    server.register('directory', () => new Directory(new Map()));
    const result = await resultOf(network, beGreeted(client, SERVER, 'Ada'));
    expect(result).to.have.property('message', 'The directory knows no greeter');
  });

  it('question: fails when the application is gone', async () => {
    const { network, server, client } = twoHosts();
    server.register('short', () => ({ dataReceived: (_, flow) => void flow.deallocate() }));
    expect(await resultOf(network, ask(client, 'short', SERVER, 'anybody?'))).to.be.instanceOf(PeerGone);
  });

  it('question: overlooks an echo of the request that comes as data', async () => {
    const { network, server, client } = twoHosts();
    server.register('twice', (request) => ({
      dataReceived(_, flow) {
        flow.write(request.name);
        flow.write('answer');
      },
    }));
    expect(await resultOf(network, ask(client, 'twice', SERVER, '?'))).to.equal('answer');
    expect(new Question('?').answer.called).to.equal(false);
  });

  it('answers: open to all, a table for four, and a vault for guests', async () => {
    const { network, server, client } = twoHosts();
    registerAll(server, async (host) => host === '192.0.2.1');
    const flows = await resultOf(
      network,
      Promise.all(['echo', 'table', 'table', 'table', 'table'].map((name) => allocated(client, name))),
      1,
    );
    expect(flows).to.have.length(5);
    expect(await resultOf(network, ask(client, 'echo', SERVER, 'echo this'), 1)).to.equal('echo this');
    expect(await resultOf(network, allocated(client, 'table'), 6)).to.be.instanceOf(FlowTimeoutError);
    expect(await resultOf(network, allocated(client, 'vault'))).to.be.instanceOf(FlowTimeoutError);

    const guest = new FlowAllocator(network.host('guest', { addresses: ['192.0.2.1'] }).reactor);
    expect(await resultOf(network, allocated(guest, 'vault'))).to.equal('allocated');
  });

  it('answers: a seat is free again when its flow is over', async () => {
    const { network, server, client } = twoHosts();
    registerAll(server, async () => true);
    for (let i = 0; i < 4; i++) expect(await resultOf(network, allocated(client, 'table'), 1)).to.equal('allocated');
    await network.advanceAsync(30); // nobody has said anything
    expect(await resultOf(network, allocated(client, 'table'))).to.equal('allocated');
  });

  it('asking: tries one host after the other', async () => {
    const { network, server, client } = twoHosts();
    server.register('here', () => new FlowProtocol());
    network.host('empty');
    const flow = allocateSomewhere(client, 'here', ['nowhere', 'empty', 'server'], new FlowProtocol());
    expect(
      await resultOf(
        network,
        flow.then(({ name }) => name),
      ),
    ).to.equal('here');
    const nobody = allocateSomewhere(client, 'there', ['empty', 'server'], new FlowProtocol());
    expect(await resultOf(network, nobody)).to.have.property('message', 'there is nowhere');
  });

  it('asking: stops when it is told to', async () => {
    const { network, client } = twoHosts();
    const controller = new AbortController();
    const flow = allocateSomewhere(client, 'there', ['server', 'server'], new FlowProtocol(), controller.signal);
    network.clock.callLater(2, () => controller.abort(new Error('enough')));
    expect(await resultOf(network, flow, 3)).to.have.property('message', 'enough');
  });

  it('server-speaks-first: sends more than it has received, once the client has announced itself', async () => {
    const { network, server, client } = twoHosts();
    const news = 'x'.repeat(1000);
    server.register('news', () => new Newsagent(news));
    expect(await resultOf(network, readNews(client, SERVER))).to.equal(news);
    void server.stop();
    expect(await resultOf(network, readNews(client, SERVER))).to.be.instanceOf(FlowTimeoutError);
  });

  it('server-speaks-first: fails when no news come', async () => {
    const { network, server, client } = twoHosts();
    server.register('news', () => new FlowProtocol());
    expect(await resultOf(network, readNews(client, SERVER))).to.be.instanceOf(FlowTimeoutError);
  });
});

async function allocated(allocator: FlowAllocator, name: string): Promise<string> {
  return (await allocator.allocate(name, 'server', new FlowProtocol(), { timeout: 5 })).state;
}
