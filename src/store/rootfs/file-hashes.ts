import { contentHashOf, createContentHash } from '../../engine/content-hash.ts';
import { sizeOf } from '../../spec/sizes.ts';
import { expectMore, fileCost, Pace, type Work } from '../../stream/pace.ts';
import type { FileNode } from '../../tree/node.ts';
import { each, partCost, partLength } from '../../tree/parts.ts';
import type { Native } from '../disk/native.ts';
import { FileReader } from './file-reader.ts';
import type { Scan } from './scan.ts';

/** Whether more files are read, and whether one that is being read still is to be. */
interface Wanted {
  readonly begins: () => boolean;
  readonly goesOn: (file: FileNode) => boolean;
}

interface Hashing {
  readonly native: Native | undefined;
  readonly work: Work;
  /** What is known before anything is read. */
  readonly known?: ReadonlyMap<FileNode, string> | undefined;
}

/** What the contents of files are compared by, of those that anybody has asked for. */
export interface Hashed {
  readonly digests: ReadonlyMap<FileNode, string>;
  /** What it took to know those that were not known before, in bytes that are read in that time. */
  readonly cost: number;
}

function notListed(): never {
  throw new Error('a file that was not listed');
}

const nothing = new Uint8Array(0);

/** Looking at a file that is not to be read. */
const lookCost = partCost / partLength;

/** What the contents of files are compared by (`createContentHash`), each read once. State: what is hashed already, and whether more is before anybody asks. */
export class FileHashes {
  readonly #scan: () => Scan;
  readonly #native: Native | undefined;
  readonly #work: Work;
  readonly #digests: Map<FileNode, string>;
  #isAhead = false;
  #isClosed = false;
  /** What whoever asked last wants. */
  #asked: ReadonlySet<FileNode> | undefined;
  #ahead: Promise<void> | undefined;
  /** Bytes that were said to be read and have not been. */
  #expected = 0;

  /** What reading took that was hashed here, in bytes. */
  #cost = 0;

  constructor(scan: () => Scan, { native, work, known }: Hashing) {
    this.#scan = scan;
    this.#native = native;
    this.#work = work;
    this.#digests = new Map(known);
  }

  /** All that is known by now, and what it has cost. */
  get hashed(): Hashed {
    return { digests: this.#digests, cost: this.#cost };
  }

  /** Notes what the contents of a file are compared by, as they go by. */
  *noting(file: FileNode, chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
    if (this.#digests.has(file)) return yield* chunks;
    const hasher = createContentHash();
    for (const chunk of chunks) {
      hasher.update(chunk);
      yield chunk;
    }
    this.#note(file, hasher.digest());
  }

  /** The same of contents that are whole in memory. */
  noteWhole(file: FileNode, bytes: Uint8Array): void {
    if (!this.#digests.has(file)) this.#note(file, contentHashOf(bytes));
  }

  #note(file: FileNode, digest: string): void {
    this.#digests.set(file, digest);
    this.#cost += file.size + fileCost;
  }

  /** Hashes the files of a tree without being asked, until `stop`. */
  goAhead(): void {
    this.#isAhead = true;
    this.#ahead = this.#readAhead();
  }

  /** Nothing more is read that nobody asks for: the file that is being read is abandoned. */
  stop(): void {
    this.#isAhead = false;
  }

  /** Nothing more is read. */
  close(): void {
    this.#isClosed = true;
    this.#isAhead = false;
  }

  async of(files: ReadonlySet<FileNode>): Promise<ReadonlyMap<FileNode, string>> {
    this.stop();
    this.#asked = files;
    await this.#ahead;
    const pace = new Pace(this.#work.signal);
    const missing = new Set<FileNode>();
    const miss = (file: FileNode): void => {
      // No more than for a layer is it opened for that.
      if (file.size === 0) this.noteWhole(file, nothing);
      else if (!this.#digests.has(file)) missing.add(file);
    };
    await pace.run(each(files, miss));
    this.#expect(sizeOf(missing));
    if (missing.size > 0) await this.#read(missing, { begins: () => true, goesOn: () => true });
    const found = new Map<FileNode, string>();
    await pace.run(each(files, file => void found.set(file, this.#digests.get(file) ?? '')));
    return found;
  }

  /** So many bytes are going to be read, and no others that were expected. */
  #expect(bytes: number): void {
    expectMore(this.#work, bytes - this.#expected);
    this.#expected = bytes;
  }

  async #readAhead(): Promise<void> {
    try {
      await new Pace().turn();
      const { files } = this.#scan();
      this.#expect(sizeOf(files.keys()));
      const goesOn = (file: FileNode): boolean => this.#isAhead || this.#asked?.has(file) === true;
      await this.#read(files.keys(), { begins: () => this.#isAhead, goesOn });
    } catch {
      // Whoever asks for this file reads it again, and gets the error.
      this.#isAhead = false;
    }
    this.#expect(0);
  }

  async #read(files: Iterable<FileNode>, { begins, goesOn }: Wanted): Promise<void> {
    const { root, files: listed } = this.#scan();
    const reader = new FileReader(root, this.#native);
    const pace = new Pace(this.#work.signal);
    try {
      for (const file of files) {
        if (this.#digests.has(file) || !begins()) {
          const turn = pace.spend(lookCost);
          if (turn !== undefined) await turn;
          continue;
        }
        const chunks = reader.read(listed.get(file) ?? notListed());
        const digest = await this.#hash(chunks, { pace, goesOn: () => goesOn(file) });
        if (digest !== undefined) this.#note(file, digest);
        const turn = pace.spend(fileCost);
        if (turn !== undefined) await turn;
      }
    } finally {
      reader.close();
    }
  }

  #count(bytes: number): void {
    this.#expected -= bytes;
    const { progress } = this.#work;
    if (progress !== undefined) progress.bytes += bytes;
  }

  /** Undefined of a file that nobody wants any more. */
  async #hash(
    chunks: Iterable<Uint8Array>,
    { pace, goesOn }: { readonly pace: Pace; readonly goesOn: () => boolean },
  ): Promise<string | undefined> {
    const hasher = createContentHash();
    if (this.#isClosed) throw new Error('hashing was closed');
    for (const chunk of chunks) {
      hasher.update(chunk);
      this.#count(chunk.length);
      const turn = pace.spend(chunk.length);
      if (turn !== undefined) await turn;
      if (this.#isClosed) throw new Error('hashing was closed');
      if (!goesOn()) return undefined;
    }
    return hasher.digest();
  }
}
