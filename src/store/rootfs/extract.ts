import { closeSync, constants, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ContentHashes } from '../../codec/content-hashes.ts';
import { readLayer } from '../../codec/layer-reader.ts';
import type { LayerTar } from '../../codec/tree-writer.ts';
import { invalid } from '../../errors.ts';
import { layerTar } from '../../graph/merged-tree.ts';
import type { ImageSource } from '../../graph/source.ts';
import { usersLimit } from '../../limits.ts';
import type { Layer } from '../../spec/objects.ts';
import { Pace } from '../../stream/pace.ts';
import { Draft } from '../../tree/draft.ts';
import { type ContentId, emptyTree, type FileNode, type Tree } from '../../tree/node.ts';
import { each, type Parts } from '../../tree/parts.ts';
import { nameOf, parentOf } from '../../tree/path.ts';
import { filesOf, find, resolvePath } from '../../tree/walk.ts';
import { Descent } from '../disk/descent.ts';
import { withLeaveAt } from '../disk/leave.ts';
import { loadNative } from '../disk/native.ts';
import { onDisk } from '../disk/system-error.ts';
import { LeftOut } from './left-out.ts';
import { type MakingOptions, powersOf } from './powers.ts';
import { writingSidecar } from './sidecar-record.ts';
import { RootfsWriter } from './writer.ts';

/** What extraction made: the tree, what contents are compared by (`createContentHash`) where that was asked for, and what could not be carried. */
export interface Extraction {
  readonly tree: Tree;
  readonly digests: ReadonlyMap<FileNode, string>;
  readonly warnings: readonly string[];
}

/** The digests of a tree's files, by what passed. */
function* digestsOf(tree: Tree, hashes: ContentHashes): Parts<ReadonlyMap<FileNode, string>> {
  const known = new Map<ContentId, string>();
  yield* each(hashes.digests, ([{ content }, digest]) => void known.set(content, digest));
  const found = new Map<FileNode, string>();
  yield* each(filesOf(tree), ([, file]) => void found.set(file, known.get(file.content) ?? ''));
  return found;
}

interface PlayOptions {
  readonly subject: string;
  readonly signal: AbortSignal | undefined;
  readonly hashes?: ContentHashes | undefined;
}

/** Plays tars, bottom first, on an empty directory in one pass, and gives everything its attributes. Answers the tree that is there then. */
export async function playTars(
  tars: readonly LayerTar[],
  writer: RootfsWriter,
  { subject, signal, hashes }: PlayOptions,
): Promise<Tree> {
  const draft = new Draft(emptyTree(), subject);
  for (const tar of tars) {
    draft.beginLayer();
    await readLayer(tar.open(), tar, {
      entry(entry) {
        hashes?.begin(entry);
        return draft.applying(entry, operations => writer.playing(operations));
      },
      data(chunk) {
        writer.write(chunk);
        hashes?.update(chunk);
      },
      end() {
        writer.end();
        hashes?.end();
      },
    });
  }
  const tree = draft.tree();
  await new Pace(signal).run(writer.finishing(tree));
  return tree;
}

/**
 * Plays layers, bottom first, on an empty directory in one pass: each blob's digest, size and diffID are checked as it is
 * read. What the directory cannot show is written into a sidecar beside it, where it is a bundle's or that was asked for. Throws with the directory in any state: the caller made it and removes it.
 */
export async function extractLayers(
  source: ImageSource,
  layers: readonly Layer[],
  options: { readonly directory: string; readonly hashContents: boolean; readonly inBundle: boolean } & MakingOptions,
): Promise<Extraction> {
  const native = loadNative();
  const writer = new RootfsWriter(options.directory, { ...options, native });
  const hashes = options.hashContents ? new ContentHashes() : undefined;
  const signal = source.work?.signal;
  try {
    const tars = layers.map(layer => layerTar(source, layer));
    const tree = await playTars(tars, writer, { subject: source.subject, signal, hashes });
    const pace = new Pace(signal);
    const powers = powersOf(options);
    const isAll = writer.obstacles.size === 0 && !powers.isRootless && !powers.hasMaps;
    const root = realpathSync(options.directory);
    const left = new LeftOut();
    if (!isAll) await pace.run(writingSidecar({ root, tree, native, powers, inBundle: options.inBundle }, left));
    // Rootless, nothing is lost: what the sidecar has is what was asked for.
    const lost = powers.isRootless ? [] : left.sentences(writer.obstacles);
    const digests = hashes === undefined ? new Map<FileNode, string>() : await pace.run(digestsOf(tree, hashes));
    return { tree, digests, warnings: [...lost, ...writer.warnings] };
  } finally {
    writer.close();
  }
}

/** Where a bundle's root filesystem lies. */
export const rootfsOf = (bundle: string): string => join(bundle, 'rootfs');

/** Makes the directory that a bundle's root filesystem goes into. */
export function makeRootfs(bundle: string): string {
  const rootfs = rootfsOf(bundle);
  onDisk(rootfs, 'a place for a directory', () => mkdirSync(rootfs));
  return rootfs;
}

/**
 * A small text file of an unpacked tree, symlinks followed inside it; empty where there is none. Throws `invalid` where it is
 * larger than `usersLimit`.
 */
export function readTextInside(directory: string, tree: Tree, path: string): string {
  const resolved = resolvePath(tree, path);
  const node = find(tree, resolved);
  if (node?.kind !== 'file') return '';
  if (node.size > usersLimit) throw invalid(`/${path}`, `at most ${usersLimit} bytes`, `${node.size}`);
  const descent = new Descent(realpathSync(directory));
  try {
    descent.enter(parentOf(resolved));
    const place = descent.place(nameOf(resolved));
    const open = (): number => openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW);
    const file = descent.reach(() => withLeaveAt(place, undefined, open));
    try {
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } finally {
    descent.close();
  }
}
