/// <reference types="node" preserve="true" />
/**
 * Two hosts whose connections are pairs of StringTransports, each fed with what the other was written: enough of a
 * network for the sentences about connections, and none of ports and connectors.
 */
import { Clock, type FactoryLike, type InternetAddress, type Reactor, succeed, type TCPPort } from '../../index.js';
import { internetAddress } from '../../lib/address.js';
import { asStreamProtocol } from '../../reactor/stream-handler.js';
import { StringTransport } from '../../testing.js';
import type { ContractHost } from '../../testing/contract/contract.js';
import type { StreamContractNetwork } from '../../testing/contract/stream.js';
import type { Recorder } from '../../testing/contract/stream-stage.js';

/** Rounds until a wait is given up, and in which what is on its way arrives. */
const PATIENCE = 5000;
const WHILE = 8;

/** Seconds of a round. */
const TICK = 0.001;

/** Bytes that an end takes while its protocol does not read. */
const ROOM = 65_536;

/** One end of a connection, and what the other was told of it. */
interface Side {
  readonly host: string;
  readonly protocol: Recorder;
  readonly transport: StringTransport;
  /** Bytes that have come while it had paused. */
  unread: number;
  endTold: boolean;
}

export function stringWorld(): StreamContractNetwork {
  const clock = new Clock();
  const ports = new Map<number, FactoryLike>();
  const sides: [Side, Side][] = [];
  let lastPort = 1000;
  const number = (): number => ++lastPort;

  const host = (address: string): ContractHost => {
    let open = true;
    const listening = new Set<TCPPort>();
    const connected = (): StringTransport[] =>
      sides
        .flat()
        .filter(({ host, protocol }) => host === address && protocol.reason === undefined)
        .map(({ transport }) => transport);
    const reactor = {
      on: () => {},
      callLater: clock.callLater.bind(clock),
      openHandles: () => (open ? [...listening, ...connected()] : []),
      close() {
        open = false;
        return Promise.resolve();
      },
      listenTCP(_port: number, factory: FactoryLike): TCPPort {
        const own = internetAddress('TCP', address, number());
        ports.set(own.port, factory);
        const port: TCPPort = {
          listening: succeed(own),
          getHost: () => own,
          stopListening() {
            ports.delete(own.port);
            listening.delete(port);
            return succeed(undefined);
          },
          [Symbol.asyncDispose]: async () => {
            await port.stopListening();
          },
        };
        listening.add(port);
        return port;
      },
      connectTCP(there: string, port: number, factory: FactoryLike): void {
        const [from, to] = [internetAddress('TCP', address, number()), internetAddress('TCP', there, port)];
        clock.callLater(0, () => sides.push([side(factory, from, to), side(ports.get(port)!, to, from)]));
      },
    };
    return { reactor: reactor as unknown as Reactor, address, address6: undefined };
  };

  const side = (factory: FactoryLike, host: InternetAddress, peer: InternetAddress): Side => {
    const made = typeof factory === 'function' ? factory(peer) : factory.buildProtocol(peer);
    const protocol = asStreamProtocol(made!) as Recorder;
    const transport = new StringTransport({ clock, host, peer });
    transport.congest(); // what is written waits until it is carried
    void protocol.makeConnection(transport);
    return { host: host.host, protocol, transport, unread: 0, endTold: false };
  };

  const round = async (): Promise<void> => {
    clock.advance(TICK);
    for (const [one, other] of sides) {
      carry(one, other);
      carry(other, one);
    }
    await new Promise<void>((resolve) => void setImmediate(resolve));
  };

  return {
    here: host('10.0.0.1'),
    there: host('10.0.0.2'),
    peerName: 'there',
    unknownName: 'nobody',
    another: () => {
      throw new Error('There are two hosts only');
    },
    async until(condition) {
      for (let i = 0; !condition(); i++) {
        if (i === PATIENCE) throw new Error(`Not in ${PATIENCE} rounds: ${String(condition)}`);
        await round();
      }
    },
    async turns() {
      for (let i = 0; i < WHILE; i++) await round();
    },
    close: () => Promise.resolve(),
  };
}

/** Brings what one has written to the other, as a network would. */
function carry(from: Side, to: Side): void {
  const written = from.transport.value();
  if (to.protocol.reason !== undefined) {
    // Nobody is there any more who would read.
    if (written.length > 0) from.transport.disconnect(RESET);
    return;
  }
  if (from.transport.aborted) {
    to.transport.disconnect(RESET);
    return;
  }
  if (to.transport.producerState !== 'paused') to.unread = 0;
  if (to.unread > ROOM) return;
  from.transport.clear();
  from.transport.drain();
  from.transport.congest();
  to.unread += written.length;
  if (written.length > 0) to.transport.deliver(written);
  if (from.transport.writeEnded && from.transport.value().length === 0 && !from.endTold) {
    from.endTold = true;
    to.transport.deliverEnd();
  }
}

const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
