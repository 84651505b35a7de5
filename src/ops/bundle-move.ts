import type { BodySource } from '../codec/body-source.ts';
import { createContentHash } from '../engine/content-hash.ts';
import { OciError } from '../errors.ts';
import { withName } from '../spec/name.ts';
import type { Descriptor } from '../spec/objects.ts';
import type { Bundle } from '../store/bundle/bundle.ts';
import { lookingSince, stageMove } from '../store/bundle/move-bundle.ts';
import type { FileNode, Path } from '../tree/node.ts';
import { filesOf } from '../tree/walk.ts';
import type { Side } from './compare.ts';
import type { CommitOptions } from './options.ts';

/** The manifest as an index lists it under its name. */
function namedEntry(entry: Descriptor, name: string | null): Descriptor {
  if (name === null) return entry;
  return withName({ schemaVersion: 2, manifests: [] }, name, entry).manifests[0] ?? entry;
}

/** Whether options make the image other than the directory is. */
function isOther({ owner, clampMtime, exclude = [], ignoreFile, trustMtime }: CommitOptions): boolean {
  const isPart = exclude.length > 0 || ignoreFile !== undefined;
  return owner !== undefined || clampMtime !== undefined || isPart || trustMtime === true;
}

/**
 * A bundle's move on to the image that is being made of it: its next difference is from that. State: what has been hashed of
 * its files, and what stands ready. What keeps it from moving is a warning, as the image is made all the same.
 */
export class MovingBundle {
  readonly #bundle: Bundle;
  readonly #options: CommitOptions;
  readonly #since: bigint | undefined;
  readonly #digests = new Map<FileNode, string>();
  #move: Awaited<ReturnType<typeof stageMove>> | undefined;
  readonly warnings: string[] = [];

  /** Has to be made before anybody looks at the bundle's files. */
  constructor(bundle: Bundle, options: CommitOptions) {
    this.#bundle = bundle;
    this.#options = options;
    this.#since = this.#unlessRefused(() => lookingSince(bundle));
  }

  #refused(error: unknown): void {
    if (!(error instanceof OciError)) throw error;
    this.warnings.push(`${error.message}: the bundle stays on the image that it was on`);
  }

  #unlessRefused<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#refused(error);
      return undefined;
    }
  }

  /** The same bodies, hashed as they are read, where that is of use. */
  bodies(source: BodySource): BodySource {
    if (this.#since === undefined || isOther(this.#options)) return source;
    return { ...source, body: (path, node) => this.#hashed(source, path, node) };
  }

  *#hashed(source: BodySource, path: Path, node: FileNode): Generator<Uint8Array> {
    const hasher = createContentHash();
    for (const chunk of source.body(path, node)) {
      hasher.update(chunk);
      yield chunk;
    }
    this.#digests.set(node, hasher.digest());
  }

  /** Makes ready what is written once the image has its place. */
  async stage(
    image: { readonly layout: string; readonly entry: Descriptor; readonly name: string | null },
    now: Side & { readonly isWhole: boolean },
  ): Promise<void> {
    const since = this.#since;
    if (since === undefined) return;
    const manifest = namedEntry(image.entry, image.name);
    const isKnown = now.isWhole && !isOther(this.#options);
    const read = isKnown ? { tree: now.tree, digests: await this.#digestsOf(now), since } : undefined;
    try {
      this.#move = await stageMove(this.#bundle, { layout: image.layout, manifest, read }, this.#options);
    } catch (error) {
      this.#refused(error);
    }
  }

  async #digestsOf({ tree, digests }: Side): Promise<ReadonlyMap<FileNode, string>> {
    const others = new Set<FileNode>();
    for (const [, file] of filesOf(tree)) if (!this.#digests.has(file)) others.add(file);
    return new Map([...(await digests(others)), ...this.#digests]);
  }

  /** Moves the bundle. */
  now(): void {
    this.#unlessRefused(() => this.#move?.now());
  }

  /** Removes what was made ready. */
  async end(): Promise<void> {
    await this.#move?.end();
  }
}
