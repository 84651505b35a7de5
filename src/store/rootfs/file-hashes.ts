import { nodeEngine } from '../../engine/node.ts';
import { sizeOf } from '../../spec/sizes.ts';
import { expectMore, fileCost, Pace, type Work } from '../../stream/pace.ts';
import type { FileNode, Path } from '../../tree/node.ts';
import { filesOf } from '../../tree/walk.ts';
import type { Native } from '../disk/native.ts';
import { FileReader } from './file-reader.ts';
import type { Scan } from './scan.ts';

type IsWanted = (path: Path, file: FileNode) => boolean;

/** The sha256 of files, each read once. State: what is hashed already, and whether more is before anybody asks. */
export class FileHashes {
  readonly #scan: () => Scan;
  readonly #native: Native | undefined;
  readonly #work: Work;
  readonly #digests = new Map<FileNode, string>();
  #isAhead = false;
  #isClosed = false;
  #ahead: Promise<void> | undefined;
  /** Bytes that were said to be read and have not been. */
  #expected = 0;

  constructor(scan: () => Scan, { native, work }: { readonly native: Native | undefined; readonly work: Work }) {
    this.#scan = scan;
    this.#native = native;
    this.#work = work;
  }

  /** Hashes the files of a tree without being asked, until `stop`. */
  goAhead(): void {
    this.#isAhead = true;
    this.#ahead = this.#readAhead();
  }

  /** The file that is being read is the last one. */
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
    await this.#ahead;
    const missing = new Set<FileNode>();
    for (const file of files) if (!this.#digests.has(file)) missing.add(file);
    this.#expect(sizeOf(missing));
    if (missing.size > 0) await this.#read((_path, file) => missing.has(file));
    const found = new Map<FileNode, string>();
    for (const file of files) found.set(file, this.#digests.get(file) ?? '');
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
      this.#expect(sizeOf([...filesOf(this.#scan().tree)].map(([, file]) => file)));
      await this.#read(() => this.#isAhead);
    } catch {
      // Whoever asks for this file reads it again, and gets the error.
      this.#isAhead = false;
    }
  }

  async #read(isWanted: IsWanted): Promise<void> {
    const { root, tree, stats } = this.#scan();
    const reader = new FileReader(root, this.#native);
    const pace = new Pace(this.#work.signal);
    try {
      for (const [path, node] of filesOf(tree)) {
        if (this.#digests.has(node) || !isWanted(path, node)) continue;
        this.#digests.set(node, await this.#hash(reader.read({ path, stat: stats.get(node) }), pace));
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

  async #hash(chunks: Iterable<Uint8Array>, pace: Pace): Promise<string> {
    const hasher = nodeEngine.createHash('sha256');
    if (this.#isClosed) throw new Error('hashing was closed');
    for (const chunk of chunks) {
      hasher.update(chunk);
      this.#count(chunk.length);
      const turn = pace.spend(chunk.length);
      if (turn !== undefined) await turn;
      if (this.#isClosed) throw new Error('hashing was closed');
    }
    return hasher.digest();
  }
}
