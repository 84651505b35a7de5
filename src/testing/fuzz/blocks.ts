/** What one input did: blocks of ocikit's own code, each with how often it was entered, by powers of two; and how many entries that were together. */
interface Entered {
  readonly blocks: readonly number[];
  readonly count: number;
}

/** Tells what was entered since it was asked last. */
export type TakeBlocks = () => Entered;

/** The counters of a program that was built so that it counts (`bin/fuzz-build.mjs`); undefined in any other. */
export function blockCounts(): TakeBlocks | undefined {
  const { enteredBlocks: counts } = globalThis as { readonly enteredBlocks?: Uint32Array };
  return counts === undefined ? undefined : () => taken(counts);
}

/** Takes what counters say, and sets them back. */
function taken(counts: Uint32Array): Entered {
  const blocks: number[] = [];
  let count = 0;
  for (let at = 0; at < counts.length; at++) {
    const entries = counts[at] as number;
    if (entries === 0) continue;
    count += entries;
    blocks.push(at * 32 + Math.floor(Math.log2(entries)));
    counts[at] = 0;
  }
  return { blocks, count };
}
