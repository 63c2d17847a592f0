/** How late a timer is that is set again and again, since it was last asked for. */

/** Milliseconds from one to the next. */
const EVERY = 5;

/** Begins, with a way to call a function some milliseconds later. What it gives tells the lateness so far, as JSON. */
export function watchTimers(later: (f: () => void, milliseconds: number) => void): () => string {
  let late: number[] = [];
  const next = (): void => {
    const due = performance.now() + EVERY;
    later(() => {
      late.push(performance.now() - due);
      next();
    }, EVERY);
  };
  next();
  return () => {
    const sorted = late.sort((a, b) => a - b);
    late = [];
    const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
    return JSON.stringify({ p50: at(0.5), p99: at(0.99), most: at(1) });
  };
}
