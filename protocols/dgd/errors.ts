/**
 * Misuse of DGD's datagram channel.
 */
import { PlaitError } from '../../lib/errors.js';

/** A challenge that can't be: empty, longer than 8192 bytes, or set while one is pending; or a connection that is closed. */
export class ChallengeError extends PlaitError {
  override readonly name: string = 'ChallengeError';

  constructor(message: string) {
    super('ERR_PLAIT_DGD_CHALLENGE', message);
  }
}

/** A challenge that another connection of the server waits for: who sends it would be either of the two. */
export class ChallengeInUseError extends PlaitError {
  override readonly name: string = 'ChallengeInUseError';

  constructor() {
    super('ERR_PLAIT_DGD_CHALLENGE_IN_USE', 'Another connection waits for this challenge');
  }
}

/** `sendDatagram` before the challenge was met (server) or answered (client), or after the end. */
export class DatagramChannelNotOpenError extends PlaitError {
  override readonly name: string = 'DatagramChannelNotOpenError';

  constructor() {
    super('ERR_PLAIT_DGD_CHANNEL_NOT_OPEN', 'The datagram channel is not open');
  }
}
