import { createContentHash } from '../engine/content-hash.ts';
import type { Hasher } from '../engine/engine.ts';
import type { FileNode, LayerEntry, Path } from '../tree/node.ts';

/** Hashes the contents of a tar's files as they pass: unless told how, so that they can be compared (`createContentHash`). State: the file that is passing. */
export class ContentHashes {
  readonly digests: Map<FileNode, string> = new Map();
  readonly #create: () => Hasher;
  #file: FileNode | undefined;
  #hasher: Hasher | undefined;

  constructor(create: () => Hasher = createContentHash) {
    this.#create = create;
  }

  /** What comes next; contents of what is not wanted pass unhashed. */
  begin(entry: LayerEntry, isWanted: (path: Path, file: FileNode) => boolean = () => true): void {
    const file = entry.kind === 'node' && entry.node.kind === 'file' ? entry.node : undefined;
    this.#file = file !== undefined && isWanted(entry.path, file) ? file : undefined;
    this.#hasher = this.#file === undefined ? undefined : this.#create();
  }

  update(chunk: Uint8Array): void {
    this.#hasher?.update(chunk);
  }

  end(): void {
    if (this.#file !== undefined && this.#hasher !== undefined) this.digests.set(this.#file, this.#hasher.digest());
    this.#file = undefined;
    this.#hasher = undefined;
  }
}
