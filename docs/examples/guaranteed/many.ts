/**
 * Sends many messages, no faster than the peer confirms them, and counts what becomes of them.
 */
import { type Address, trap } from 'plait';
import { DeliveryFailedError, type GuaranteedDatagramProtocol } from 'plait/protocols';

// region many
export interface Tally {
  confirmed: number;
  failed: number;
}

export async function sendAll(
  protocol: GuaranteedDatagramProtocol,
  messages: Iterable<string>,
  to: Address,
): Promise<Tally> {
  const tally = { confirmed: 0, failed: 0 };
  for (const message of messages) {
    await protocol.whenWritable(to);
    protocol.send(message, to, { deadline: 60 }).addCallbacks(
      () => tally.confirmed++,
      (error) => {
        trap(error, DeliveryFailedError);
        tally.failed++;
      },
    );
  }
  await protocol.drain();
  return tally;
}
// endregion
