import { copyOf } from '../engine/bytes.ts';
import { keptBodiesLimit } from '../limits.ts';
import { contentKey, type FileNode, type LayerEntry, type Path } from '../tree/node.ts';
import { copyPresent, type PartialBody, type Span } from '../tree/partial-body.ts';

/** Which of a file's contents somebody will want: all of them, as far as it does not say otherwise. */
interface Wish {
  /** What nobody looks at, told by how the file begins: it is not copied. In order. */
  readonly unneeded?: (beginning: Uint8Array, size: number) => readonly Span[];
  /** Whether they are still wanted, now that they are there; `unknown` where that is told by what is missing of them: then they are not kept. */
  readonly says?: (body: PartialBody) => 'nothing' | 'something' | 'unknown';
}

/**
 * Which contents are kept when layers are read first, because somebody will want them: else a layer is read again for them. Asked of a layer's file, by its
 * path in the layer; undefined where nobody wants it. What is wanted is in memory whole.
 */
export type Keeping = (path: Path, file: FileNode) => Wish | undefined;

/** Bytes of a file that tell what it is: a page, which the headers of programs keep to. */
const beginningSize = 4096;

/** Bytes of the memory that is used again for one body after the other: fresh pages for each cost more than the copying. */
const scratchSize = 32 << 20;

/** Contents that came by. State: those that were kept, and the one that comes by now. */
export class KeptBodies {
  readonly #keeping: Keeping | undefined;
  readonly #bodies = new Map<string, Uint8Array>();
  readonly #idle = new Set<string>();
  #file: FileNode | undefined;
  #wish: Wish = {};
  #scratch = new Uint8Array(0);
  #filled = 0;
  /** Undefined as long as not enough of the file has come to tell. */
  #missing: readonly Span[] | undefined;
  #left: number;

  /** `most` bytes are kept together; what comes beyond is not. */
  constructor(keeping: Keeping | undefined, most: number = keptBodiesLimit) {
    this.#keeping = keeping;
    this.#left = most;
  }

  begin(entry: LayerEntry): void {
    this.#file = undefined;
    const file = entry.kind === 'node' && entry.node.kind === 'file' ? entry.node : undefined;
    const wish = file === undefined ? undefined : this.#keeping?.(entry.path, file);
    if (file === undefined || wish === undefined) return;
    const isRoom = file.size <= this.#left || wish.says !== undefined;
    if (!isRoom) return;
    this.#file = file;
    this.#wish = wish;
    this.#filled = 0;
    this.#missing = undefined;
    // Doubled, so that files of growing sizes do not each take new memory.
    if (this.#scratch.length < file.size)
      this.#scratch = new Uint8Array(Math.max(file.size, Math.min(scratchSize, 2 * file.size)));
  }

  data(chunk: Uint8Array): void {
    if (this.#file === undefined) return;
    const beginning = this.#missing === undefined ? chunk.subarray(0, beginningSize - this.#filled) : undefined;
    if (beginning !== undefined) this.#begin(this.#file, beginning);
    const rest = beginning === undefined ? chunk : chunk.subarray(beginning.length);
    copyPresent({ bytes: this.#scratch, missing: this.#missing ?? [] }, rest, this.#filled);
    this.#filled += rest.length;
  }

  #begin(file: FileNode, chunk: Uint8Array): void {
    this.#scratch.set(chunk, this.#filled);
    this.#filled += chunk.length;
    if (this.#filled < Math.min(beginningSize, file.size)) return;
    this.#missing = this.#wish.unneeded?.(this.#scratch.subarray(0, this.#filled), file.size) ?? [];
  }

  end(): void {
    if (this.#file === undefined) return;
    const file = this.#file;
    const key = contentKey(file);
    this.#file = undefined;
    const body = this.#scratch.subarray(0, file.size);
    const said = this.#wish.says?.({ bytes: body, missing: this.#missing ?? [] }) ?? 'something';
    if (said === 'nothing') this.#idle.add(key);
    else if (said === 'something' && body.length <= this.#left && !this.#bodies.has(key)) {
      this.#left -= body.length;
      this.#bodies.set(key, copyOf(body));
    }
    if (this.#scratch.length > scratchSize) this.#scratch = new Uint8Array(0);
  }

  /** A file's contents; undefined where they were not kept. */
  of(file: FileNode): Uint8Array | undefined {
    return this.#bodies.get(contentKey(file));
  }

  /** Whether a file's contents came by and said nothing. */
  isIdle(file: FileNode): boolean {
    return this.#idle.has(contentKey(file));
  }
}
