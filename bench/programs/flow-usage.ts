/** What a process takes, as JSON. Needs --expose-gc. */
export function usage(): string {
  const cpuBefore = cpuSeconds();
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return JSON.stringify({ heap: heapUsed + external, rss, cpuBefore, cpuAfter: cpuSeconds() } satisfies Taken);
}

/** Bytes, and seconds of processor time before and after they were measured. */
export interface Taken {
  /** Of the heap, with what it refers to outside. */
  readonly heap: number;
  readonly rss: number;
  readonly cpuBefore: number;
  readonly cpuAfter: number;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
