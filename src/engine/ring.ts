/**
 * Chunks on their way from one thread to another, in memory that both see. `words` holds how many were written, how many
 * were taken, then length and kind of every slot; the number of slots is a power of two.
 *
 * The functions below also run in a worker as text (inflate-worker.ts): they name nothing but each other.
 */
export interface Ring {
  readonly words: Int32Array;
  readonly slots: readonly Uint8Array[];
}

export interface Chunk {
  readonly bytes: Uint8Array;
  readonly kind: number;
}

export function newRing(count: number, size: number): Ring {
  const words = new Int32Array(new SharedArrayBuffer((2 + 2 * count) * Int32Array.BYTES_PER_ELEMENT));
  return { words, slots: Array.from({ length: count }, () => new Uint8Array(new SharedArrayBuffer(size))) };
}

/** The slot that may be written now, or undefined while all are taken up. */
export function freeSlot({ words, slots }: Ring): Uint8Array | undefined {
  const written = Atomics.load(words, 0);
  return ((written - Atomics.load(words, 1)) | 0) === slots.length ? undefined : slots[written & (slots.length - 1)];
}

/** Hands the free slot over. */
export function publish({ words, slots }: Ring, length: number, kind: number): void {
  const slot = Atomics.load(words, 0) & (slots.length - 1);
  words[2 + 2 * slot] = length;
  words[3 + 2 * slot] = kind;
  Atomics.add(words, 0, 1);
  Atomics.notify(words, 0);
}

/** The oldest chunk that was not taken; it stays until `release`. */
export function nextChunk({ words, slots }: Ring): Chunk | undefined {
  const taken = Atomics.load(words, 1);
  if (taken === Atomics.load(words, 0)) return undefined;
  const slot = taken & (slots.length - 1);
  const bytes = slots[slot] as Uint8Array;
  return { bytes: bytes.subarray(0, words[2 + 2 * slot]), kind: words[3 + 2 * slot] as number };
}

/**
 * Gives the oldest chunk's slot back. A writer that waits, which it does only where all slots are taken, is woken when half
 * of them are free: waking it for each would make the two threads take turns.
 */
export function release({ words, slots }: Ring): void {
  const taken = Atomics.add(words, 1, 1) + 1;
  if (((Atomics.load(words, 0) - taken) | 0) === slots.length >> 1) Atomics.notify(words, 1);
}
