/** Why a connection has ended. */
import { ConnectionAborted, ConnectionDone, ConnectionLost } from 'plait';

// region reasons
export function explain(reason: Error): string {
  if (reason instanceof ConnectionDone) return 'closed in good order, by either end';
  if (reason instanceof ConnectionAborted) return 'this end aborted it';
  if (reason instanceof ConnectionLost) return 'it broke; the cause tells how';
  return `a hook has thrown: ${reason.message}`;
}
// endregion
