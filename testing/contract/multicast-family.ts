/**
 * The two families of multicast, and how a test opens ports in one of them.
 */
import type {
  DatagramHandler,
  ListenMulticastOptions,
  MulticastPort,
  MulticastTransport,
} from '../../lib/interfaces.js';
import type { Reactor } from '../../reactor/reactor.js';
import type { ContractHost } from './contract.js';
import { address6, type Stage } from './stage.js';

export interface Family {
  readonly number: 4 | 6;
  /** All addresses. */
  readonly any: string;
  /** An address of the documentation, which nobody has. */
  readonly nobody: string;
  /** A group of the other family. */
  readonly otherGroup: string;
  /** A host's address. */
  of(host: ContractHost): string;
  /** A group that no other test uses. */
  group(stage: Stage): string;
}

export const FAMILIES: readonly Family[] = [
  {
    number: 4,
    any: '0.0.0.0',
    nobody: '192.0.2.7',
    otherGroup: 'ff12::1234',
    of: (host) => host.address,
    group: (stage) => `239.255.${[...stage.here.reactor.randomBytes(2)].join('.')}`,
  },
  {
    number: 6,
    any: '::',
    nobody: '2001:db8::7',
    otherGroup: '239.255.1.2',
    of: address6,
    group: (stage) => `ff12::1${stage.here.reactor.randomBytes(2).toString('hex').slice(1)}:1`,
  },
];

/** A multicast port on all addresses of the reactor's host, whose groups' datagrams leave by the host's interface. */
export async function openMember(
  stage: Stage,
  family: Family,
  host: ContractHost,
  protocol: DatagramHandler<MulticastTransport> = {},
  { reactor = host.reactor, ...options }: ListenMulticastOptions & { reactor?: Reactor; port?: number } = {},
): Promise<MulticastPort> {
  const port = reactor.listenMulticast(options.port ?? 0, protocol, { interface: family.any, ...options });
  await stage.result(port.setOutgoingInterface(family.of(host)));
  return port;
}
