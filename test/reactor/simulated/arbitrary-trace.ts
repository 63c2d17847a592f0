import fc from 'fast-check';
import type { Address } from '../../../lib/address.js';
import type { LossReason, TraceEvent } from '../../../reactor/simulated/trace.js';

const REASONS: LossReason[] = [
  ...(['loss', 'partition', 'queue', 'mtu', 'refused', 'host-down', 'no-host', 'unreachable'] as const),
  ...(['broadcast', 'no-member'] as const),
];

/** Names of any characters, and often those that mean something somewhere. */
const names: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'a b',
    '',
    '"a"',
    '\\',
    'end',
    '<b>',
    "a'b",
    'a;b#c:d',
    '%%{init}%%',
    'x\ny',
    '\u2028',
    '🦀',
    '–',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

const addresses: fc.Arbitrary<Address> = fc.record({
  host: fc.oneof(fc.ipV4(), fc.constantFrom('::1', 'fe80::1%eth0', 'fd00::2', '239.1.2.3', '0.0.0.0', '127.0.0.1')),
  port: fc.integer({ min: 0, max: 65535 }),
});

const buffers: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

const base = { time: fc.integer({ min: 0, max: 1e13 }).map((ns) => ns / 1e9), host: names };
const way = { id: fc.integer({ min: 1, max: 6 }), from: addresses, to: addresses };

/** Any event at any time of some hours. */
export const anyEvent: fc.Arbitrary<TraceEvent> = fc.oneof(
  fc.record({ type: fc.constantFrom('sent', 'delivered'), ...base, ...way, data: buffers }),
  fc.record({ type: fc.constant('lost'), ...base, ...way, reason: fc.constantFrom(...REASONS) }),
  fc.record({ type: fc.constant('refused'), ...base, ...way }),
  fc.record({ type: fc.constantFrom('opened', 'closed'), ...base, address: addresses }),
  fc.record(
    { type: fc.constantFrom('joined', 'left'), ...base, address: addresses, group: fc.ipV4(), source: fc.ipV4() },
    { requiredKeys: ['type', 'time', 'host', 'address', 'group'] },
  ),
  fc.record({ type: fc.constant('timer'), ...base, name: names }),
  fc.record({ type: fc.constantFrom('crashed', 'restarted'), ...base }),
  fc.record({ type: fc.constantFrom('link', 'partition', 'heal', 'hold', 'release'), ...base, peer: names }),
) as fc.Arbitrary<TraceEvent>;

/** Events in the order of their times; they need not make sense together, as where a trace begins in the middle. */
export const anyTrace: fc.Arbitrary<TraceEvent[]> = fc
  .array(anyEvent, { maxLength: 30 })
  .map((events) => [...events].sort((a, b) => a.time - b.time));

/** Names of hosts. */
export const anyHosts: fc.Arbitrary<string[]> = fc.uniqueArray(names, { maxLength: 5 });
