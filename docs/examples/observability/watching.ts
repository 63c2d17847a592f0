/** Watching a program from outside of it. */
import diagnosticsChannel from 'node:diagnostics_channel';
import type { Reactor, UDPPort } from 'plait';

// region drops
/** Warns until the function it gives is called. */
export function warnOfDrops(warn: (text: string) => void): () => void {
  const dropped = (facts: unknown): void => {
    const { port, count, reason } = facts as { port: UDPPort; count: number; reason: string };
    warn(`${count} lost on port ${port.getHost().port}: ${reason}`);
  };
  diagnosticsChannel.subscribe('plait:udp:drop', dropped);
  return () => diagnosticsChannel.unsubscribe('plait:udp:drop', dropped);
}
// endregion

// region error-event
export function logErrors(reactor: Reactor, log: (text: string, error: Error) => void): void {
  reactor.on('error', (error, { hook, source }) => {
    log(`in ${hook} of ${source.constructor.name}`, error);
  });
}
// endregion

// region counts
export function lossOf(port: UDPPort): number {
  const { sent, dropped } = port.stats;
  return sent === 0 ? 0 : dropped / sent;
}
// endregion
