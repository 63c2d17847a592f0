/**
 * A UDP port that can be a member of multicast groups. The getters answer what was set here, or what every system has
 * as its default: TTL 1, loopback on, the interface chosen by the system.
 */
import { isMulticast, ipFamily } from '../lib/address.js';
import type { Deferred } from '../lib/deferred/deferred.js';
import { InvalidAddressError, MulticastJoinError } from '../lib/errors.js';
import type { MulticastPort } from '../lib/interfaces.js';
import { checkInteger, checkLiteral } from './checks.js';
import { DatagramPort } from './udp-port.js';

export class MulticastDatagramPort extends DatagramPort implements MulticastPort {
  #ttl = 1;
  #loopback = true;
  #interface: string | undefined;

  joinGroup(group: string, networkInterface?: string): Deferred<void> {
    return this.#membership('join', group, undefined, networkInterface);
  }

  leaveGroup(group: string, networkInterface?: string): Deferred<void> {
    return this.#membership('leave', group, undefined, networkInterface);
  }

  joinSourceGroup(source: string, group: string, networkInterface?: string): Deferred<void> {
    return this.#membership('join', group, source, networkInterface);
  }

  leaveSourceGroup(source: string, group: string, networkInterface?: string): Deferred<void> {
    return this.#membership('leave', group, source, networkInterface);
  }

  setTTL(ttl: number): void {
    checkInteger('A TTL', ttl ?? NaN, 0, 255);
    this.checkOpen();
    this.socket.set('multicastTTL', ttl);
    this.#ttl = ttl;
  }

  getTTL(): number {
    return this.#ttl;
  }

  setLoopbackMode(enabled: boolean): void {
    this.checkOpen();
    this.socket.set('multicastLoopback', enabled);
    this.#loopback = enabled;
  }

  getLoopbackMode(): boolean {
    return this.#loopback;
  }

  setOutgoingInterface(networkInterface: string): Deferred<void> {
    this.checkOpen();
    const done = this.owner.deferred<void>();
    try {
      const family = ipFamily(networkInterface);
      if (family !== 0 && family !== this.family) throw wrongFamily(networkInterface, this.family);
      this.socket.set('multicastInterface', networkInterface);
      this.#interface = networkInterface === '' ? undefined : networkInterface;
      done.callback();
    } catch (error) {
      done.errback(
        error instanceof InvalidAddressError
          ? error
          : new InvalidAddressError(networkInterface, 'no such interface', { cause: error }),
      );
    }
    return done;
  }

  getOutgoingInterface(): string {
    return this.#interface ?? (this.family === 4 ? '0.0.0.0' : '::');
  }

  #membership(
    action: 'join' | 'leave',
    group: string,
    source: string | undefined,
    networkInterface: string | undefined,
  ): Deferred<void> {
    this.checkOpen();
    if (ipFamily(group) === 0) {
      return this.owner.resolve(group, { family: this.family }).addCallbacks(
        (address) => this.#membership(action, address, source, networkInterface),
        (error): never => {
          throw new MulticastJoinError(group, networkInterface ?? '', error);
        },
      );
    }
    const done = this.owner.deferred<void>();
    try {
      if (!isMulticast(group)) throw new InvalidAddressError(group, 'not a multicast group');
      for (const host of [group, source, networkInterface]) {
        const family = host === undefined ? 0 : ipFamily(host);
        if (family !== 0 && family !== this.family) throw wrongFamily(host!, this.family);
      }
      if (source !== undefined) checkLiteral(source, 'The source of a group');
      this.socket[action](group, source, networkInterface === '' ? undefined : networkInterface);
      done.callback();
    } catch (error) {
      done.errback(new MulticastJoinError(group, networkInterface ?? '', error));
    }
    return done;
  }
}

function wrongFamily(host: string, family: 4 | 6): InvalidAddressError {
  return new InvalidAddressError(host, `the port is of IPv${family}`);
}
