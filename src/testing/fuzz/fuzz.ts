import { OciError } from '../../errors.ts';
import type { TakeBlocks } from './blocks.ts';
import { diceOf, longestInput, type Materials, mutated } from './mutate.ts';
import type { FuzzTarget } from './target.ts';

/** An input that ended in something else than a result or an `OciError`. */
interface FuzzFinding {
  readonly input: Uint8Array;
  readonly error: unknown;
}

/** What some runs came to. */
interface FuzzResult {
  readonly runs: number;
  /** How many inputs of the corpus entered blocks that none before had; 0 where nothing was counted. */
  readonly corpus: number;
  /** Blocks, each by how often it was entered, that were met at all. */
  readonly blocks: number;
  readonly findings: readonly FuzzFinding[];
}

interface FuzzOptions {
  readonly runs: number;
  /** The same runs for the same number. */
  readonly seed: number;
  /** What tells which input is new; without it mutants are made of the seeds alone. */
  readonly blocks?: TakeBlocks | undefined;
  /** Sees each input before it is tried, so that one that ends the process or never ends is known. */
  readonly trying?: (input: Uint8Array) => void;
}

/** More entries of blocks than this for one byte is work that an input of that size is not worth. */
const [mostWork, workPerByte] = [20_000_000, 20_000];
const mostFindings = 5;

/** Tries one input. Answers what it ended in, where that is no result and no `OciError`. */
export async function tried(target: FuzzTarget, input: Uint8Array): Promise<FuzzFinding | undefined> {
  try {
    await target.run(input);
  } catch (error) {
    if (!(error instanceof OciError)) return { input, error };
  }
  return undefined;
}

/** State: the inputs that led somewhere new, and what was met so far. */
class Fuzzing {
  readonly #target: FuzzTarget;
  readonly #options: FuzzOptions;
  readonly #met = new Set<number>();
  readonly corpus: Uint8Array[] = [];
  readonly findings: FuzzFinding[] = [];
  readonly #kinds = new Set<string>();

  constructor(target: FuzzTarget, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
  }

  get blocks(): number {
    return this.#met.size;
  }

  async try(input: Uint8Array): Promise<void> {
    const { blocks, trying } = this.#options;
    trying?.(input);
    blocks?.();
    this.#note(await tried(this.#target, input));
    const entered = blocks?.();
    if (entered === undefined) return;
    if (entered.count > mostWork + workPerByte * input.length)
      this.#note({ input, error: new Error(`too much work: ${entered.count} blocks for ${input.length} bytes`) });
    const before = this.#met.size;
    for (const block of entered.blocks) this.#met.add(block);
    if (this.#met.size > before) this.corpus.push(Uint8Array.from(input));
  }

  /** Keeps one finding of each kind. */
  #note(finding: FuzzFinding | undefined): void {
    if (finding === undefined) return;
    const { error } = finding;
    const stack = error instanceof Error ? (error.stack ?? '').split('\n').find(line => line.includes('/src/')) : '';
    const kind = error instanceof Error ? `${error.name} ${stack}` : `${error}`;
    if (this.#kinds.has(kind)) return;
    this.#kinds.add(kind);
    this.findings.push(finding);
  }
}

/**
 * Tries a target with its seeds, and with mutants of them and of all that led somewhere new: inputs and their order depend on
 * `seed` alone, and on the blocks where those are counted. Ends early with five kinds of findings.
 */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const seeds = (await target.seeds()).filter(({ length }) => length <= longestInput);
  const dice = diceOf(options.seed);
  const fuzzing = new Fuzzing(target, options);
  const words = target.words ?? [];
  let runs = 0;
  for (const seed of seeds.slice(0, options.runs)) {
    runs++;
    await fuzzing.try(seed);
  }
  const start = [...seeds, Buffer.from(words.join('')), Buffer.alloc(0)];
  for (; runs < options.runs && fuzzing.findings.length < mostFindings; runs++) {
    const corpus = fuzzing.corpus.length > 0 ? fuzzing.corpus : start;
    await fuzzing.try(mutantOf(target, { dice, corpus, words }));
  }
  return { runs, corpus: fuzzing.corpus.length, blocks: fuzzing.blocks, findings: fuzzing.findings };
}

/** What led somewhere last leads on more often than what has been tried for long. */
function mutantOf(target: FuzzTarget, materials: Materials): Uint8Array {
  const { dice, corpus } = materials;
  const among = dice(2) === 0 ? corpus.length : Math.min(corpus.length, 8);
  const mutant = mutated(corpus[corpus.length - 1 - dice(among)] as Uint8Array, materials);
  if (dice(4) !== 0) target.repair?.(mutant);
  return mutant;
}
