/**
 * The errors of guaranteed delivery.
 */
import type { Address } from '../../lib/address.js';
import { PlaitError } from '../../lib/errors.js';

/**
 * Why a message was given up: every copy was sent and none confirmed; its time was over, in the queue or on the way; the
 * port was stopped or drained; the network said that nobody listens there.
 */
export type DeliveryFailure = 'attempts' | 'deadline' | 'stopped' | 'refused';

/** A message was not confirmed. It may have arrived all the same: the confirmation can be lost too. */
export class DeliveryFailedError extends PlaitError {
  override readonly name: string = 'DeliveryFailedError';
  readonly reason: DeliveryFailure;
  /** How often the message was sent; 0: it never left. */
  readonly attempts: number;
  /** Where it was to go. */
  readonly address: Address;

  constructor(reason: DeliveryFailure, attempts: number, address: Address) {
    const { host, port } = address;
    super(
      'ERR_PLAIT_DELIVERY_FAILED',
      `Not confirmed by ${host} port ${port}, ${attempts} times sent: ${EXPLAINED[reason]}`,
    );
    this.reason = reason;
    this.attempts = attempts;
    this.address = address;
  }
}

/** As many messages, or bytes, wait for one peer as may. */
export class SendQueueFullError extends PlaitError {
  override readonly name: string = 'SendQueueFullError';
  /** Messages that wait. */
  readonly messages: number;
  /** Bytes that wait. */
  readonly bytes: number;
  /** For whom. */
  readonly address: Address;

  constructor(messages: number, bytes: number, address: Address) {
    const { host, port } = address;
    super('ERR_PLAIT_SEND_QUEUE_FULL', `${messages} messages (${bytes} bytes) wait for ${host} port ${port}`);
    this.messages = messages;
    this.bytes = bytes;
    this.address = address;
  }
}

const EXPLAINED: Readonly<Record<DeliveryFailure, string>> = {
  attempts: 'no answer',
  deadline: 'its time is over',
  stopped: 'the port was stopped',
  refused: 'nobody listens there',
};
