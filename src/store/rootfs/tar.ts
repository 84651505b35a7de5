import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { BodySource } from '../../codec/body-source.ts';
import { decompress } from '../../codec/compression.ts';
import { emptySink, type LayerSink, readLayer } from '../../codec/layer-reader.ts';
import type { LayerTar } from '../../codec/tree-writer.ts';
import { createContentHash } from '../../engine/content-hash.ts';
import type { Bytes, Hasher } from '../../engine/engine.ts';
import { invalid } from '../../errors.ts';
import type { ComparableRootfs } from '../../graph/comparable-rootfs.ts';
import { flow } from '../../stream/flow.ts';
import type { Work } from '../../stream/pace.ts';
import { Draft } from '../../tree/draft.ts';
import { emptyTree, type FileNode, type LayerEntry, type Tree } from '../../tree/node.ts';
import { shortTextOf } from '../../tree/path.ts';
import { encodeWhiteout } from '../../tree/whiteout.ts';
import { compressionOfFile, fileReader } from '../archive/archive.ts';
import { makeSpool } from '../archive/spool.ts';
import { type Region, regionChunks } from '../disk/region.ts';
import { SparseFile } from '../disk/sparse-file.ts';
import { onDisk } from '../disk/system-error.ts';

/** A tar as a root filesystem. `prepare` has to be called for the files whose bodies are wanted. */
type RootfsTar = ComparableRootfs &
  BodySource &
  Required<Pick<BodySource, 'prepare'>> & {
    /** The tar itself, to be read again. */
    readonly tar: LayerTar;
  };

const room = 'room for what is in a tar';
let opened = 0;

/** Throws `invalid` for a name that in a layer deletes another: in a root filesystem there is nothing to delete. */
export function checkRootfsEntry(entry: LayerEntry, subject: string): void {
  if (entry.kind !== 'whiteout' && entry.kind !== 'opaque') return;
  const name = shortTextOf(encodeWhiteout(entry));
  throw invalid(subject, 'files of a root filesystem', `'${name}', which in a layer deletes another`);
}

/** Passes over a tar and hands the bodies of some members to `use`. */
async function readBodies(
  read: (sink: LayerSink) => Promise<void>,
  members: ReadonlySet<number>,
  use: {
    readonly begin: (member: number) => void;
    readonly data: (chunk: Uint8Array) => void;
    readonly end: (member: number) => void;
  },
): Promise<void> {
  let member: number | undefined;
  await read({
    entry(entry) {
      const found = entry.kind === 'node' && entry.node.kind === 'file' ? entry.node.content.member : undefined;
      member = found !== undefined && members.has(found) ? found : undefined;
      if (member !== undefined) use.begin(member);
    },
    data(chunk) {
      if (member !== undefined) use.data(chunk);
    },
    end() {
      if (member !== undefined) use.end(member);
      member = undefined;
    },
  });
}

/** Bodies written one after the other into a file of our own, so that they can be read in any order. */
class Spool {
  readonly #regions = new Map<number, Region>();
  #file: number | undefined;
  #size = 0;

  async fill(
    read: (sink: LayerSink) => Promise<void>,
    members: ReadonlySet<number>,
    layout: string,
  ): Promise<() => void> {
    const stage = makeSpool(layout);
    const file = onDisk(layout, room, () => openSync(join(stage.path, 'bodies'), 'wx+', 0o600));
    this.#file = file;
    const close = (): void => {
      closeSync(file);
      stage.removeNow();
    };
    const bodies = new SparseFile(file);
    let start = 0;
    try {
      await readBodies(read, members, {
        begin: () => {
          start = this.#size;
        },
        data: chunk => {
          onDisk(layout, room, () => bodies.write(chunk));
          this.#size += chunk.length;
        },
        end: member => this.#regions.set(member, { offset: start, size: this.#size - start }),
      });
      onDisk(layout, room, () => bodies.end());
    } catch (error) {
      close();
      throw error;
    }
    return close;
  }

  body({ content, size }: FileNode, subject: string): Iterable<Uint8Array> {
    const region = this.#regions.get(content.member);
    if (size === 0) return [];
    if (region === undefined || this.#file === undefined) throw new Error(`${subject}: a body that was not prepared`);
    return regionChunks(this.#file, region, subject);
  }
}

/**
 * Opens a tar (plain, gzip or zstd, told by its first bytes) as a root filesystem. It is read once for its tree, and again
 * for contents that are asked for; bodies are put beside a layout first, as they are wanted in another order than they come.
 * Throws `invalid` where it is damaged, leads out of its root or holds whiteouts, and `conflict` where it changes in between.
 */
export function openRootfsTar(path: string, { signal, progress }: Work = {}): RootfsTar {
  const compression = compressionOfFile(path);
  const bytes = fileReader(path);
  const origin = { identity: `tar:${opened++}:${path}`, subject: path, contained: true, signal };
  const tar = (): Bytes => flow(decompress(flow(bytes(), { progress }), compression, path), { signal });
  const read = (sink: LayerSink): Promise<void> => readLayer(tar(), origin, sink);
  const spool = new Spool();
  let tree: Promise<Tree> | undefined;
  const readTree = async (): Promise<Tree> => {
    const draft = new Draft(emptyTree(), path);
    draft.beginLayer();
    const entry = (entry: LayerEntry): undefined => {
      checkRootfsEntry(entry, path);
      draft.apply(entry);
    };
    await read({ ...emptySink, entry });
    return draft.tree();
  };
  return {
    subject: path,
    warnings: [],
    tree() {
      tree ??= readTree();
      return tree;
    },
    async digests(files) {
      const members = new Map([...files].map(file => [file.content.member, file] as const));
      const digests = new Map<FileNode, string>();
      let hasher: Hasher | undefined;
      if (members.size === 0) return digests;
      await readBodies(read, new Set(members.keys()), {
        begin: () => {
          hasher = createContentHash();
        },
        data: chunk => hasher?.update(chunk),
        end: member => digests.set(members.get(member) as FileNode, hasher?.digest() ?? ''),
      });
      return digests;
    },
    prepare(files, layout) {
      const members = new Set(Array.from(files, file => file.content.member));
      return members.size === 0 ? Promise.resolve(() => undefined) : spool.fill(read, members, layout);
    },
    body: (_path, node) => spool.body(node, path),
    tar: { ...origin, open: tar },
  };
}
