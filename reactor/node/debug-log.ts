/**
 * `NODE_DEBUG=plait` prints what the diagnostics channels publish: the log is one of their subscribers.
 */
import diagnosticsChannel from 'node:diagnostics_channel';
import { debuglog, inspect } from 'node:util';

/** Every channel of plait: `plait:` and one of these. Documented in docs/observability.md. */
export const CHANNELS: readonly string[] = [
  'udp:listening',
  'udp:send',
  'udp:receive',
  'udp:drop',
  'udp:refused',
  'udp:error',
  'udp:close',
  'tcp:listening',
  'tcp:connected',
  'tcp:send',
  'tcp:receive',
  'tcp:close',
  'time:call',
];

/** Subscribes the log, once in a process, where NODE_DEBUG asks for it. */
export function printChannelsIfDebugging(): void {
  if (printing || !log.enabled) return;
  printing = true;
  for (const name of CHANNELS) {
    diagnosticsChannel.subscribe(`plait:${name}`, (facts) => {
      const { port, connection, call, ...rest } = facts as Record<'port' | 'connection' | 'call', Subject | undefined>;
      const subject = (port ?? connection ?? call)?.toString() ?? '';
      log('%s %s %s', name, subject, inspect(rest, { breakLength: Infinity, depth: 1 }));
    });
  }
}

/** What a publication is about. */
interface Subject {
  toString(): string;
}

const log = debuglog('plait');
let printing = false;
