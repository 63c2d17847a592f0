/** Flows on real sockets, with each other and with programs that are not ours: as those of 2016 speak. */
import { expect } from 'chai';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'mocha';
import { type Deferred, Deferred as DeferredClass, Reactor } from '../../../index.js';
import {
  type Flow,
  FlowAllocator,
  type FlowAllocatorOptions,
  FlowProtocol,
  FlowTimeoutError,
  PeerGone,
} from '../../../protocols/index.js';

const LOOPBACK = '127.0.0.1';
/** Another address of this machine, where it has one. */
const SECOND = process.platform === 'linux' ? '127.0.0.2' : LOOPBACK;
const NAME = 'echo-server';
/** What the programs of 2016 put on the wire for that name. */
const NAME_ON_THE_WIRE = Buffer.from('6563686f2d736572766572', 'hex');

/** Keeps what it hears, for a test that awaits it. */
class Listening extends FlowProtocol {
  readonly allocated: Deferred<Flow> = new DeferredClass();
  readonly deallocated: Deferred<Error> = new DeferredClass();
  readonly #heard: Buffer[] = [];
  #waiting: ((data: Buffer) => void) | undefined;

  override flowAllocated(): void {
    this.allocated.callback(this.flow);
  }

  override dataReceived(data: Buffer): void {
    if (this.#waiting === undefined) this.#heard.push(data);
    else this.#waiting(data);
    this.#waiting = undefined;
  }

  override flowDeallocated(reason: Error): void {
    this.deallocated.callback(reason);
  }

  /** The next datagram. */
  next(): Promise<string> {
    const first = this.#heard.shift();
    if (first !== undefined) return Promise.resolve(first.toString());
    return new Promise((resolve) => (this.#waiting = (data) => resolve(data.toString())));
  }
}

class EchoFlow extends Listening {
  override dataReceived(data: Buffer): void {
    super.dataReceived(data);
    this.flow.write(data);
  }
}

/** Runs a test with an allocator on a reactor of its own, and then nothing may be open. */
async function withAllocator(
  test: (allocator: FlowAllocator, reactor: Reactor) => Promise<void>,
  options?: FlowAllocatorOptions,
): Promise<void> {
  const reactor = new Reactor();
  const errors: Error[] = [];
  reactor.on('error', (error) => errors.push(error));
  const allocator = new FlowAllocator(reactor, options);
  try {
    await test(allocator, reactor);
    await allocator.stop();
    expect(reactor.openHandles().map(String)).to.deep.equal([]);
  } finally {
    await reactor.close();
  }
  expect(errors).to.deep.equal([]);
}

/** A plain socket, as a program without plait has it. */
async function withSocket(test: (socket: Socket) => Promise<void>, address = LOOPBACK): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  try {
    await test(socket);
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

async function message(socket: Socket): Promise<[data: Buffer, from: RemoteInfo]> {
  return (await once(socket, 'message')) as [Buffer, RemoteInfo];
}

describe('flows on real sockets', () => {
  it('carry data both ways, and end with PeerGone where the other end is gone', () =>
    withAllocator(async (serving) => {
      const { port } = serving.listen({ interface: LOOPBACK, port: 0 }).getHost();
      const far = new EchoFlow();
      serving.register(NAME, () => far);
      await withAllocator(async (asking) => {
        const near = new Listening();
        const flow = await asking.allocate(NAME, 'localhost', near, { port, interface: LOOPBACK });
        expect(flow.getPeer().port).to.not.equal(port);
        flow.write('hello');
        expect(await near.next()).to.equal('hello');
        expect(far.flow.getPeer()).to.deep.equal(flow.getHost());
        expect(flow.getPeer()).to.deep.equal(far.flow.getHost());
        await far.flow.deallocate();
        flow.write('anybody?');
        expect(await near.deallocated).to.be.instanceOf(PeerGone);
        expect(flow.state).to.equal('deallocated');
      });
    }));

  it('work with 127.0.0.1 only, if that is listened on, and many at once', () =>
    withAllocator(
      async (serving) => {
        const { port } = serving.listen({ interface: LOOPBACK, port: 0 }).getHost();
        serving.register(NAME, () => new EchoFlow());
        await withAllocator(async (asking) => {
          const protocols = Array.from({ length: 100 }, () => new Listening());
          const flows = await Promise.all(
            protocols.map((protocol) => asking.allocate(NAME, LOOPBACK, protocol, { port })),
          );
          flows.forEach((flow, i) => flow.write(`flow ${i}`));
          const heard = await Promise.all(protocols.map((protocol) => protocol.next()));
          expect(heard).to.deep.equal(flows.map((_, i) => `flow ${i}`));
          expect(serving.stats).to.include({ accepted: 100, limited: 0 });
        });
      },
      { requestRate: 1000, maxPendingPerAddress: 1000 },
    ));

  it('are refused by silence, or after the echo, by whom the order of the server says', () =>
    withAllocator(async (asking) => {
      for (const echo of ['immediate', 'on-accept'] as const) {
        await withAllocator(
          async (serving) => {
            const { port } = serving.listen({ interface: LOOPBACK, port: 0 }).getHost();
            serving.register('rejected', () => null);
            const near = new Listening();
            const asked = asking.allocate('rejected', LOOPBACK, near, { port, timeout: 0.3 });
            if (echo === 'immediate') {
              (await asked).write('hello?');
              expect(await near.deallocated).to.be.instanceOf(PeerGone);
            } else {
              const error = await asked.addErrback((reason) => reason);
              expect(error).to.be.instanceOf(FlowTimeoutError).with.property('attempts', 1);
              expect((error as Error).message).to.match(/, after 1 request$/);
            }
          },
          { echo },
        );
      }
    }));
});

describe('a client of 2016', () => {
  it('is served, byte for byte', () =>
    withAllocator(async (allocator) => {
      const { port } = allocator.listen({ interface: LOOPBACK, port: 0 }).getHost();
      const far = new EchoFlow();
      allocator.register(NAME, () => far);
      await withSocket(async (socket) => {
        socket.send(NAME_ON_THE_WIRE, port, LOOPBACK);
        const [echo, from] = await message(socket);
        expect(echo).to.deep.equal(NAME_ON_THE_WIRE);
        expect(from.address).to.equal(LOOPBACK);
        expect(from.port).to.not.equal(port);
        socket.connect(from.port, from.address);
        await once(socket, 'connect');

        socket.send('Client says hi!\0');
        const [answer] = await message(socket);
        expect(answer.toString()).to.equal('Client says hi!\0');
        expect(await far.next()).to.equal('Client says hi!\0');
        expect(far.flow.getPeer().port).to.equal(socket.address().port);

        await far.flow.deallocate();
        const refused = once(socket, 'error');
        socket.send('still there?');
        const [error] = (await refused) as [NodeJS.ErrnoException];
        expect(error.code).to.equal('ECONNREFUSED');
      });
    }));

  it('may put a NUL behind the name, which is echoed as it came', () =>
    withAllocator(async (allocator) => {
      const { port } = allocator.listen({ interface: LOOPBACK, port: 0 }).getHost();
      allocator.register(NAME, () => new EchoFlow());
      await withSocket(async (socket) => {
        socket.send(`${NAME}\0`, port, LOOPBACK);
        const [echo] = await message(socket);
        expect(echo.toString()).to.equal(`${NAME}\0`);
      });
    }));

  it('that is gone ends the flow when the server speaks', () =>
    withAllocator(async (allocator) => {
      const { port } = allocator.listen({ interface: LOOPBACK, port: 0 }).getHost();
      const far = new EchoFlow();
      allocator.register(NAME, () => far);
      await withSocket(async (socket) => {
        socket.send(NAME_ON_THE_WIRE, port, LOOPBACK);
        const [, from] = await message(socket);
        socket.send('used', from.port, from.address);
        await message(socket);
      });
      far.flow.write('anybody?');
      expect(await far.deallocated).to.be.instanceOf(PeerGone);
    }));
});

describe('a server of 2016', () => {
  /** Makes a socket for each request, copies too, and echoes from it what comes before a NUL. */
  async function withServer(
    test: (port: number, flowSockets: Socket[]) => Promise<void>,
    options: { address?: string; echoFrom?: string; ignore?: number } = {},
  ): Promise<void> {
    const { address = LOOPBACK, echoFrom = address, ignore = 0 } = options;
    const flowSockets: Socket[] = [];
    let requests = 0;
    await withSocket(async (listening) => {
      listening.on('message', (request, from) => {
        if (++requests <= ignore) return;
        const socket = createSocket('udp4');
        flowSockets.push(socket);
        const nul = request.indexOf(0);
        socket.bind(0, echoFrom, () => {
          socket.send(nul === -1 ? request : request.subarray(0, nul), from.port, from.address);
        });
        socket.on('message', (data, { address: host, port }) => socket.send(data, port, host));
      });
      try {
        await test(listening.address().port, flowSockets);
      } finally {
        await Promise.all(flowSockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
      }
    }, address);
  }

  it('gives a flow', () =>
    withServer((port, flowSockets) =>
      withAllocator(async (allocator) => {
        const near = new Listening();
        const flow = await allocator.allocate(NAME, LOOPBACK, near, { port });
        expect(flow.getPeer()).to.deep.include({ host: LOOPBACK, port: flowSockets[0]!.address().port });
        flow.write('Client says hi!\0');
        expect(await near.next()).to.equal('Client says hi!\0');
      }),
    ));

  it('that lost the first request is asked again, from the same port', () =>
    withServer(
      (port, flowSockets) =>
        withAllocator(async (allocator) => {
          const near = new Listening();
          const flow = await allocator.allocate(NAME, LOOPBACK, near, { port });
          expect(flowSockets).to.have.length(1);
          flow.write('at last');
          expect(await near.next()).to.equal('at last');
        }),
      { ignore: 1 },
    ));

  it('may answer from another of its addresses, where that is allowed', () =>
    withServer(
      (port) =>
        withAllocator(async (allocator) => {
          const near = new Listening();
          const flow = await allocator.allocate(NAME, SECOND, near, { port, anyAddress: true });
          expect(flow.getPeer().host).to.equal(LOOPBACK);
          flow.write('hello');
          expect(await near.next()).to.equal('hello');
          if (SECOND === LOOPBACK) return;
          const strict = allocator.allocate(NAME, SECOND, new Listening(), { port, timeout: 0.2 });
          const error = await strict.addErrback((reason) => reason);
          expect(error).to.be.instanceOf(FlowTimeoutError);
        }),
      { address: SECOND, echoFrom: LOOPBACK },
    ));
});
