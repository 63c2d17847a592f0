/** What a process takes, as JSON. Needs --expose-gc. */
export function memory(): string {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return JSON.stringify({ heap: heapUsed + external, rss } satisfies Memory);
}

/** Bytes. */
export interface Memory {
  /** Of the heap, with what it refers to outside. */
  readonly heap: number;
  readonly rss: number;
}
