/** Again and again. */
import { LoopingCall, type ReactorTime } from 'plait';

// region looping
/** Saves every minute. While one `save` is not done, the next does not begin. */
export function saveEveryMinute(
  clock: ReactorTime,
  save: () => Promise<void>,
  failed: (e: Error) => void,
): LoopingCall {
  const loop = new LoopingCall(clock, save);
  loop.start(60, false).addErrback(failed); // false: the first time after a minute, not now
  return loop; // loop.stop() ends it
}
// endregion
