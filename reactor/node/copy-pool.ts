/**
 * Memory for copies of large writes. A write keeps its bytes until the kernel has taken them, and the caller may reuse
 * its own at once, so they are copied; to allocate the room for it costs several times what the copying does. So the room is used
 * again: a few slabs, which is all that writes need that the kernel takes at once.
 */

const SLAB = 65536;
/** Slabs kept while nobody uses them. */
const MOST_IDLE = 32;
/** Below this Node's own pool does it. */
const LEAST = 4096;

// A cache of the process, as Node's Buffer pool is one: nothing can be told from it.
const idle: Buffer[] = [];

/** A copy that is to be given back when the kernel has it. */
export interface PooledCopy {
  readonly data: Buffer;
  readonly slab: Buffer;
}

/** Whether a copy of that many bytes comes from the pool. */
export function isPooled(length: number): boolean {
  return length >= LEAST && length <= SLAB;
}

/** A copy of at most 64 KiB. */
export function copyPooled(data: Uint8Array): PooledCopy {
  const slab = idle.pop() ?? Buffer.allocUnsafeSlow(SLAB);
  slab.set(data);
  return { data: data.length === SLAB ? slab : slab.subarray(0, data.length), slab };
}

/** Nobody uses that slab any more. */
export function giveBack(slab: Buffer): void {
  if (idle.length < MOST_IDLE) idle.push(slab);
}
