/**
 * IP addresses as the words that the addon reads and writes: 32 bits each in the machine's order, one for IPv4, four
 * for IPv6, and the number of the interface that an IPv6 scope names.
 *
 * What was translated lately is kept, so that an echo costs no text. Both stores are emptied when they are full: a flood
 * from invented addresses costs time, and no memory.
 */
import { type Address, formatIPv6, ipBytes, isMulticast } from '../../lib/address.js';

/** An IP literal, translated. */
export interface HostWords {
  readonly words: readonly [number, number, number, number];
  readonly scope: number;
}

/** How interfaces are called and numbered. */
export interface InterfaceNames {
  interfaceIndex(name: string): number;
  interfaceName(index: number): string;
}

/** Entries of each store. */
const MOST = 1024;

export class AddressWords {
  readonly #names: InterfaceNames;
  readonly #hosts = new Map<string, HostWords>();
  /** Addresses whose destination was a broadcast: nothing leaves from there. */
  readonly #noSources = new WeakSet<Address>();
  readonly #peers = new Map<number | string, Address>();

  constructor(names: InterfaceNames) {
    this.#names = names;
  }

  /** The words of an IP literal. Nobody keeps the numbers of interfaces: they change. */
  of(host: string): HostWords {
    let found = this.#hosts.get(host);
    if (found !== undefined) return found;
    const bytes = ipBytes(host) ?? ipBytes('0.0.0.0')!;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const word = (i: number): number => (4 * i < bytes.length ? view.getUint32(4 * i) : 0);
    const scope = this.#scopeOf(host);
    found = { words: [word(0), word(1), word(2), word(3)], scope };
    if (scope !== 0) return found;
    return keep(this.#hosts, host, found);
  }

  /** The frozen address that a record holds from its word `at` (the port) on. */
  peer(record: Uint32Array, at: number, family: 4 | 6): Address {
    const port = record[at]!;
    const key =
      family === 4
        ? record[at + 2]! * 0x10000 + port
        : `${port},${record[at + 1]!},${record[at + 2]!},${record[at + 3]!},${record[at + 4]!},${record[at + 5]!}`;
    const found = this.#peers.get(key);
    if (found !== undefined) return found;
    return keep(this.#peers, key, Object.freeze({ host: this.host(record, at + 1, family), port }));
  }

  /** The frozen address of a datagram's sender, with where it was sent to, which a record holds from its words `at` on. */
  peerWithDestination(record: Uint32Array, at: number, to: number, own: boolean, family: 4 | 6): Address {
    const key = `${record.subarray(at, at + 6).join()}>${record.subarray(to, to + 5).join()}${own ? '!' : ''}`;
    let found = this.#peers.get(key);
    if (found !== undefined) return found;
    const destination = this.host(record, to, family);
    found = Object.freeze({ host: this.host(record, at + 1, family), port: record[at]!, destination });
    if (!own) this.#noSources.add(found);
    return keep(this.#peers, key, found);
  }

  /** The words of the address that a datagram to `to` is to leave from, if that is said. */
  sourceFor(to: Address): HostWords | undefined {
    if (to.destination === undefined || this.#noSources.has(to) || isMulticast(to.destination)) return undefined;
    return this.of(to.destination);
  }

  /** The IP literal that a record holds from its word `at` (the scope) on. */
  host(record: Uint32Array, at: number, family: 4 | 6): string {
    const first = record[at + 1]!;
    if (family === 4) return `${first >>> 24}.${(first >>> 16) & 255}.${(first >>> 8) & 255}.${first & 255}`;
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 4; i++) view.setUint32(4 * i, record[at + 1 + i]!);
    const scope = record[at]!;
    if (scope === 0) return formatIPv6(bytes);
    return `${formatIPv6(bytes)}%${this.#names.interfaceName(scope) || scope}`;
  }

  #scopeOf(host: string): number {
    const percent = host.indexOf('%');
    if (percent === -1) return 0;
    const scope = host.slice(percent + 1);
    return this.#names.interfaceIndex(scope) || (/^\d+$/.test(scope) ? Number(scope) : 0);
  }
}

function keep<K, V>(store: Map<K, V>, key: K, value: V): V {
  if (store.size >= MOST) store.clear();
  store.set(key, value);
  return value;
}
