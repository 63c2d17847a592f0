/**
 * Memory for copies of large writes. A write keeps its bytes until the kernel has taken them, and the caller may reuse
 * its own at once, so they are copied; to allocate the room for it costs several times what the copying does. So the room is used
 * again: a few slabs, which is all that writes need that the kernel takes at once.
 *
 * The pool is filled up slowly, beyond what is needed at once, so that its slabs lie here and there between the buffers
 * that Node receives into. Those are freed by the hundred; where nothing else is at the end of the heap, glibc gives it
 * back to the system then, and gets it again page by page, which takes longer than to receive and send.
 */

const SLAB = 65536;
/** Slabs kept while nobody uses them. */
const MOST_IDLE = 32;
/** Below this Node's own pool does it. */
const LEAST = 4096;
/** One copy in so many gets a new slab, until the pool is full. */
const SPREAD = 97;

// A cache of the process, as Node's Buffer pool is one: nothing can be told from it.
const idle: Buffer[] = [];
let copies = 0;

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
  const grows = idle.length < MOST_IDLE && ++copies % SPREAD === 0;
  const slab = (grows ? undefined : idle.pop()) ?? Buffer.allocUnsafeSlow(SLAB);
  slab.set(data);
  return { data: data.length === SLAB ? slab : slab.subarray(0, data.length), slab };
}

/** Nobody uses that slab any more. */
export function giveBack(slab: Buffer): void {
  if (idle.length < MOST_IDLE) idle.push(slab);
}
