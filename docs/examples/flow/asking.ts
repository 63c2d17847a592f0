import { DNSLookupError } from 'plait';
import { type Flow, type FlowAllocator, type FlowProtocol, FlowTimeoutError } from 'plait/protocols';

// region asking
/** A flow to the first of some hosts that has the application. */
export async function allocateSomewhere(
  allocator: FlowAllocator,
  name: string,
  hosts: readonly string[],
  protocol: FlowProtocol,
  signal?: AbortSignal,
): Promise<Flow> {
  for (const host of hosts) {
    try {
      return await allocator.allocate(name, host, protocol, { timeout: 4, ...(signal && { signal }) });
    } catch (error) {
      // Not there, or no such name: the next one. Anything else, the signal's reason too, is for the caller.
      if (!(error instanceof FlowTimeoutError || error instanceof DNSLookupError)) throw error;
    }
  }
  throw new Error(`${name} is nowhere`);
}
// endregion
