/// <reference types="node" preserve="true" />
/**
 * What plait promises of names on every network: `resolve` and `resolveAll`, and, in `resolve-failures.ts`, of lookups that
 * fail, are cancelled, or never end.
 */
import assert from 'node:assert/strict';
import { ipFamily } from '../../lib/address.js';
import { DNSLookupError } from '../../lib/errors.js';
import { type ContractLimits, type ContractNetwork, networkTest, type TestRunner } from './contract.js';
import { withReactorOn } from './network-with.js';
import { outcome } from './outcome.js';
import { lookupFailureSuites } from './resolve-failures.js';

/** What a network knows of names. */
export interface ContractNames {
  /** A name that has an address. */
  readonly known: string;
  /** Its IPv4 address. */
  readonly address: string;
  /** Its IPv6 address; undefined where it has none, or none that is known beforehand. */
  readonly address6: string | undefined;
  /** A name that does not exist. */
  readonly unknown: string;
}

/** A network for one test, with names that can be looked up from `here`. */
export interface NamingNetwork extends ContractNetwork {
  readonly names: ContractNames;
}

/** `it` with a network that has names. @internal */
export type NamesTest = (name: string, body: (network: NamingNetwork) => Promise<void> | void) => void;

/** The suite about names. Nothing limits it so far. */
export function resolveContract(
  makeNetwork: () => NamingNetwork | Promise<NamingNetwork>,
  runner: TestRunner,
  _limits: ContractLimits = {},
): void {
  // The network that a test is given is the one that was made for it.
  const it = networkTest(makeNetwork, runner) as NamesTest;

  runner.describe('names', () => {
    runner.describe('resolve', () => {
      it("takes '' for any address", async (network) => {
        const { reactor } = network.here;
        assert.equal(await outcome(network, reactor.resolve('')), '0.0.0.0');
        assert.equal(await outcome(network, reactor.resolve('', { family: 4 })), '0.0.0.0');
        assert.equal(await outcome(network, reactor.resolve('', { family: 6 })), '::');
      });

      it('takes an IP literal for itself, and looks nothing up', async (network) => {
        await withReactorOn(
          network,
          () => ({ lookup: () => assert.fail('a lookup') }),
          async (reactor) => {
            for (const literal of [
              '127.0.0.1',
              '192.0.2.255',
              '::1',
              '2001:db8::7',
              'fe80::1%eth0',
              '::ffff:1.2.3.4',
            ]) {
              assert.equal(await outcome(network, reactor.resolve(literal)), literal);
              assert.deepEqual(await outcome(network, reactor.resolveAll(literal)), [literal]);
              const family = ipFamily(literal) as 4 | 6;
              assert.equal(await outcome(network, reactor.resolve(literal, { family })), literal);
            }
            assert.equal(await outcome(network, reactor.resolve('')), '0.0.0.0');
          },
        );
      });

      it('fails for a literal of another family than asked for', async (network) => {
        const { reactor } = network.here;
        await assert.rejects(outcome(network, reactor.resolve('127.0.0.1', { family: 6 })), DNSLookupError);
        await assert.rejects(outcome(network, reactor.resolve('::1', { family: 4 })), DNSLookupError);
      });

      it('gives the address of a name, IPv4 preferred', async (network) => {
        const { known, address } = network.names;
        const { reactor } = network.here;
        assert.equal(await outcome(network, reactor.resolve(known)), address);
        assert.equal(await outcome(network, reactor.resolve(known, { family: 4 })), address);
      });

      it('gives an address of the family asked for, or fails', async (network) => {
        const { known, address6 } = network.names;
        const found = await outcome(network, network.here.reactor.resolve(known, { family: 6 })).catch(
          (error: unknown) => error,
        );
        if (address6 !== undefined) assert.equal(found, address6);
        else assert.ok(found instanceof DNSLookupError || ipFamily(String(found)) === 6);
      });

      it('does not call back inside itself for a name', async (network) => {
        let found: string | undefined;
        const deferred = network.here.reactor.resolve(network.names.known).addCallback((address) => {
          found = address;
        });
        assert.equal(found, undefined);
        await outcome(network, deferred);
        assert.equal(found, network.names.address);
      });

      it('prefers IPv4 though IPv6 came first, and takes IPv6 where there is nothing else', async (network) => {
        let addresses: string[] = [];
        await withReactorOn(
          network,
          (driver) => ({
            lookup: (_name, _family, done) => {
              driver.soon(() => done(null, addresses));
              return () => {};
            },
          }),
          async (reactor) => {
            addresses = ['2001:db8::1', '192.0.2.2', '192.0.2.3'];
            assert.equal(await outcome(network, reactor.resolve('name')), '192.0.2.2');
            assert.deepEqual(await outcome(network, reactor.resolveAll('name')), addresses);
            addresses = ['2001:db8::1', '2001:db8::2'];
            assert.equal(await outcome(network, reactor.resolve('name')), '2001:db8::1');
            addresses = [];
            await assert.rejects(outcome(network, reactor.resolve('name')), DNSLookupError);
          },
        );
      });

      it('fails with a DNSLookupError for an unknown name, and tells it', async (network) => {
        const { reactor } = network.here;
        const { unknown: hostname } = network.names;
        for (const lookup of [reactor.resolve(hostname), reactor.resolveAll(hostname, { family: 4 })]) {
          const error: unknown = await outcome<unknown>(network, lookup).catch((reason: unknown) => reason);
          assert.ok(error instanceof DNSLookupError);
          assert.equal(error.hostname, hostname);
          assert.equal(error.code, 'ERR_PLAIT_DNS_LOOKUP');
        }
      });

      it('knows no name with a NUL in it, whatever stands before that', async (network) => {
        const { known, address } = network.names;
        for (const start of [known, address]) {
          await assert.rejects(outcome(network, network.here.reactor.resolve(`${start}\0.example`)), DNSLookupError);
        }
      });

      it('answers every one of many lookups at a time', async (network) => {
        const { known, address, unknown } = network.names;
        const lookups = Array.from({ length: 20 }, (_, i) =>
          network.here.reactor.resolve(i % 2 === 0 ? known : unknown),
        );
        const results = await outcome(network, Promise.allSettled(lookups));
        for (const [i, result] of results.entries()) {
          if (i % 2 === 0) assert.deepEqual(result, { status: 'fulfilled', value: address });
          else assert.equal(result.status, 'rejected');
        }
      });

      it('throws at once for what is no name, no family or no time', ({ here: { reactor } }) => {
        for (const name of [undefined, null, 7, {}]) assert.throws(() => reactor.resolve(name as never), TypeError);
        for (const family of [5, '4', NaN]) {
          assert.throws(() => reactor.resolve('name', { family: family as never }), RangeError);
        }
        for (const timeout of [-1, NaN]) assert.throws(() => reactor.resolve('name', { timeout }), RangeError);
        assert.deepEqual(reactor.openHandles(), []);
      });

      it('leaves no call behind, whatever came of it', async (network) => {
        const { reactor } = network.here;
        const { known, unknown } = network.names;
        const lookups = [reactor.resolve(known), reactor.resolve(unknown), reactor.resolve(known, { timeout: 5 })];
        const cancelled = reactor.resolve(known);
        cancelled.cancel();
        await outcome(network, Promise.allSettled([...lookups, cancelled]));
        assert.deepEqual(reactor.openHandles(), []);
      });
    });

    runner.describe('resolveAll', () => {
      it('gives all addresses of a name, or those of one family', async (network) => {
        const { reactor } = network.here;
        const { known, address, address6 } = network.names;
        const all = await outcome(network, reactor.resolveAll(known));
        assert.ok(all.includes(address));
        if (address6 !== undefined) assert.ok(all.includes(address6));
        const four = await outcome(network, reactor.resolveAll(known, { family: 4 }));
        assert.ok(four.includes(address));
        assert.ok(four.every((each) => ipFamily(each) === 4));
      });

      it("takes '' and literals as resolve does", async (network) => {
        const { reactor } = network.here;
        assert.deepEqual(await outcome(network, reactor.resolveAll('')), ['0.0.0.0']);
        assert.deepEqual(await outcome(network, reactor.resolveAll('', { family: 6 })), ['::']);
        assert.deepEqual(await outcome(network, reactor.resolveAll('::1')), ['::1']);
      });
    });

    lookupFailureSuites(it, runner);
  });
}
