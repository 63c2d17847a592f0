/** The public names of this folder. */
export { DeliveryFailedError, type DeliveryFailure, SendQueueFullError } from './errors.js';
export {
  type GuaranteedDatagramCounters,
  type GuaranteedDatagramOptions,
  GuaranteedDatagramProtocol,
  type GuaranteedSendOptions,
} from './guaranteed-datagram-protocol.js';
export type { DeliveryReceipt } from './outgoing.js';
export type { ProfileName } from './profile.js';
export type { Identifiers } from './wire.js';
