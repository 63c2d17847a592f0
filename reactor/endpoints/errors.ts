/** The errors of endpoints that no other part has. */
import { PlaitError } from '../../lib/errors.js';

/** The description of an endpoint is none: no such type, an argument missing, unknown, given twice or out of its range. */
export class EndpointStringError extends PlaitError {
  override readonly name: string = 'EndpointStringError';
  /** What was given. */
  readonly description: string;

  constructor(description: string, reason: string, options?: ErrorOptions) {
    super('ERR_PLAIT_ENDPOINT_STRING', `Invalid endpoint ${JSON.stringify(description)}: ${reason}`, options);
    this.description = description;
  }
}
