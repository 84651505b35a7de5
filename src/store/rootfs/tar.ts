import type { BodySource } from '../../codec/body-source.ts';
import { decompress } from '../../codec/compression.ts';
import { ContentHashes } from '../../codec/content-hashes.ts';
import { emptySink, type LayerSink, readLayer } from '../../codec/layer-reader.ts';
import type { LayerTar } from '../../codec/tree-writer.ts';
import type { Bytes } from '../../engine/engine.ts';
import { invalid } from '../../errors.ts';
import type { ComparableRootfs } from '../../graph/comparable-rootfs.ts';
import { flow } from '../../stream/flow.ts';
import type { Work } from '../../stream/pace.ts';
import { Draft } from '../../tree/draft.ts';
import { emptyTree, type FileNode, type LayerEntry, type Tree } from '../../tree/node.ts';
import { shortTextOf } from '../../tree/path.ts';
import { encodeWhiteout } from '../../tree/whiteout.ts';
import { compressionOfFile, fileReader } from '../archive/archive.ts';
import { SpooledBodies } from './spooled-bodies.ts';

/** A tar as a root filesystem. `prepare` has to be called for the files whose bodies are wanted. */
type RootfsTar = ComparableRootfs &
  BodySource &
  Required<Pick<BodySource, 'prepare'>> & {
    /** The tar itself, to be read again. */
    readonly tar: LayerTar;
  };

let opened = 0;

/** Throws `invalid` for a name that in a layer deletes another: in a root filesystem there is nothing to delete. */
export function checkRootfsEntry(entry: LayerEntry, subject: string): void {
  if (entry.kind !== 'whiteout' && entry.kind !== 'opaque') return;
  const name = shortTextOf(encodeWhiteout(entry));
  throw invalid(subject, 'files of a root filesystem', `'${name}', which in a layer deletes another`);
}

/**
 * Opens a tar (plain, gzip or zstd, told by its first bytes) as a root filesystem. It is read once for its tree, and again
 * for contents that are asked for; bodies are put beside a layout first, as they are wanted in another order than they come.
 * `called` is what messages call it. Throws `invalid` where it is damaged, leads out of its root or holds whiteouts, and `conflict` where it changes in between.
 */
export function openRootfsTar(path: string, { signal, progress }: Work = {}, called: string = path): RootfsTar {
  const compression = compressionOfFile(path);
  const bytes = fileReader(path);
  const origin = { identity: `tar:${opened++}:${path}`, subject: called, contained: true, signal };
  const tar = (): Bytes => flow(decompress(flow(bytes(), { progress }), compression, called), { signal });
  const read = (sink: LayerSink): Promise<void> => readLayer(tar(), origin, sink);
  const spool = new SpooledBodies();
  let tree: Promise<Tree> | undefined;
  const readTree = async (): Promise<Tree> => {
    const draft = new Draft(emptyTree(), called);
    draft.beginLayer();
    const entry = (entry: LayerEntry): undefined => {
      checkRootfsEntry(entry, called);
      draft.apply(entry);
    };
    await read({ ...emptySink, entry });
    return draft.tree();
  };
  return {
    subject: called,
    warnings: [],
    tree() {
      tree ??= readTree();
      return tree;
    },
    async digests(files) {
      const members = new Map([...files].map(file => [file.content.member, file] as const));
      if (members.size === 0) return new Map<FileNode, string>();
      const hashes = new ContentHashes();
      await read({
        entry: entry => void hashes.begin(entry, (_path, { content }) => members.has(content.member)),
        data: chunk => hashes.update(chunk),
        end: () => hashes.end(),
      });
      return new Map(
        [...hashes.digests].map(([file, digest]) => [members.get(file.content.member) as FileNode, digest]),
      );
    },
    prepare(files, layout) {
      const members = new Set(Array.from(files, file => file.content.member));
      return members.size === 0 ? Promise.resolve(() => undefined) : spool.fill(read, members, layout);
    },
    body: (_path, node) => spool.body(node, called),
    tar: { ...origin, open: tar },
  };
}
