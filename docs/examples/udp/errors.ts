/** What can be wrong with a datagram. */
import { type DatagramTransport, InvalidAddressError, MessageLengthError } from 'plait';

// region writing
/** Sends a report; says why it cannot be sent. */
export function send(transport: DatagramTransport, report: string, host: string, port: number): void {
  try {
    transport.write(report, { host, port });
  } catch (error) {
    if (error instanceof InvalidAddressError) console.log(`Resolve it first: ${error.address}`);
    else if (error instanceof MessageLengthError) console.log(`${error.length} bytes; ${error.limit} would do`);
    else throw error;
  }
}
// endregion
