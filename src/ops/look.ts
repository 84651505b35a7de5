import { writeTree } from '../codec/tree-writer.ts';
import type { Bytes } from '../engine/engine.ts';
import { notFound } from '../errors.ts';
import type { ComparableRootfs } from '../graph/comparable-rootfs.ts';
import { fileBytes } from '../graph/file-bytes.ts';
import type { Keeping, KeptBodies } from '../graph/kept-bodies.ts';
import { layerTar } from '../graph/merged-tree.ts';
import type { ImageSource } from '../graph/source.ts';
import { readStack } from '../graph/stack.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { annotationKeys } from '../spec/annotations.ts';
import type { Image } from '../spec/objects.ts';
import { sizeOf } from '../spec/sizes.ts';
import { openBundle } from '../store/bundle/bundle.ts';
import { locate } from '../store/locate.ts';
import { type OpenedPlace, OpenPlaces, pickNamed, withNamed } from '../store/open-operand.ts';
import { type Operand, subjectOf } from '../store/parse-operand.ts';
import { openRootfsDirectory, type RootfsDirectory } from '../store/rootfs/directory.ts';
import { openRootfsTar } from '../store/rootfs/tar.ts';
import { announce, Pace, type Work } from '../stream/pace.ts';
import { diffInParts } from '../tree/diff.ts';
import { emptyTree, type FileNode, type LayerEntry, type Node, type Path, type Tree } from '../tree/node.ts';
import type { Parts } from '../tree/parts.ts';
import { encodeText, parsePath, textOf } from '../tree/path.ts';
import { eachPlaced, type Stack, stackOfTree, topOf } from '../tree/stack.ts';
import { toLayerInParts } from '../tree/to-layer.ts';
import { find, resolveAbove, resolvePath } from '../tree/walk.ts';
import { ContentFiles } from './content-files.ts';
import { entriesTar } from './entries-tar.ts';
import { layerViews } from './layer-views.ts';
import type { LayerView } from './look-results.ts';
import type { ReadOptions } from './options.ts';
import type { PlacedFile } from './placed-file.ts';
import { directoryBytes, nodesOf, tarBytes } from './rootfs-bodies.ts';

/** A root filesystem to look into, whatever holds it: its tree, what that is made of, and any file's contents. */
export interface Look {
  readonly subject: string;
  /** What it is called: the image's name, else the last part of its path. */
  readonly name: string;
  readonly tree: Tree;
  /** What the tree was folded of: an image's layers, else one that has it all. */
  readonly stack: Stack;
  /** Undefined for what is no image, which has neither a config nor layers to tell of. */
  readonly image: Image | undefined;
  /** An image's layers with their lines of history, lowest first; none of what is no image. */
  readonly layers: readonly LayerView[];
  /** Bytes of each of their uncompressed tars. */
  readonly tars: readonly number[];
  /** What was kept of the contents while an image's layers were read. */
  readonly kept: KeptBodies | undefined;
  /** What of a directory was not walked, and what it could not hold: both are as they are in what it is compared with. */
  readonly mounts?: ReadonlySet<Path> | undefined;
  readonly unmade?: ReadonlySet<Node['kind']> | undefined;
  readonly warnings: readonly string[];
  /** What the contents of these files, of whatever layer, are told apart by. */
  readonly digests: (files: ReadonlySet<FileNode>) => Promise<ReadonlyMap<FileNode, string>>;
  /** The contents of files one after the other, in chunks that are valid until the next. Throws `conflict` where one changed since it was listed. */
  readonly bytesOf: (files: readonly PlacedFile[]) => Bytes;
  /** A tar of any tree that is made of nodes of this one, wherever they lie in it; read in the source's own order. */
  readonly tarOf: (tree: Tree) => Bytes;
}

function* entriesOf(tree: Tree): Parts<readonly LayerEntry[]> {
  return yield* toLayerInParts(yield* diffInParts(emptyTree(), tree, { trustMtime: true }), tree);
}

/** A tar of a directory's files, wherever they lie in `tree`. */
async function* directoryTar(rootfs: RootfsDirectory, tree: Tree, work: Work): Bytes {
  const files = new ContentFiles(work);
  await files.addRootfs(rootfs, await rootfs.tree(), work);
  yield* entriesTar(await new Pace(work.signal).run(entriesOf(tree)), files, { work });
}

const lastPartOf = (path: string): string => path.split('/').findLast(part => part !== '') ?? path;

/** Contents that were kept, where all of them were. */
function keptBytes(kept: KeptBodies, files: readonly PlacedFile[]): readonly Uint8Array[] | undefined {
  const bodies = files.flatMap(({ node }) => kept.of(node) ?? []);
  return bodies.length === files.length ? bodies : undefined;
}

async function* bytesOf(bodies: readonly Uint8Array[]): Bytes {
  yield* bodies;
}

async function lookIntoImage(opened: OpenedPlace, options: ReadOptions, keeping: Keeping | undefined): Promise<Look> {
  const { source, image, subject, place, named } = await pickNamed(await withNamed(opened), options);
  const name = named.annotations?.[annotationKeys.refName] ?? lastPartOf(place.path);
  return lookAtImage({ source, image, subject, name }, options, keeping);
}

/** An image to look into. */
interface LookedAt {
  readonly source: ImageSource;
  readonly image: Image;
  readonly subject: string;
  readonly name: string;
}

/** Reads what is in an image but contents, and those that `keeping` wants. */
export async function lookAtImage(
  { source, image, subject, name }: LookedAt,
  options: Work,
  keeping?: Keeping,
): Promise<Look> {
  const layers = layersOf(image);
  announce(options, 'reading', sizeOf(blobsOf(layers)));
  const { stack, sizes, kept, warnings, digests } = await readStack(source, layers, keeping);
  return {
    subject,
    name,
    tree: topOf(stack),
    stack,
    image,
    layers: layerViews(image),
    tars: sizes,
    kept,
    warnings,
    digests,
    bytesOf(files) {
      const bodies = keptBytes(kept, files);
      return bodies === undefined ? fileBytes(source, layers, nodesOf(files)) : bytesOf(bodies);
    },
    tarOf: tree =>
      writeTree(
        tree,
        layers.map(layer => layerTar(source, layer)),
        subject,
      ),
  };
}

/** A root filesystem that is no image, as its place has it open. */
interface OpenedRootfs extends Pick<Look, 'subject' | 'bytesOf' | 'tarOf'> {
  readonly path: string;
  readonly rootfs: ComparableRootfs;
}

function openTar({ path }: { readonly path: string }, subject: string, work: Work): OpenedRootfs {
  const rootfs = openRootfsTar(path, work);
  const { tar } = rootfs;
  return {
    path,
    subject,
    rootfs,
    bytesOf: files => tarBytes(tar, files),
    tarOf: part => writeTree(part, [tar], subject),
  };
}

function openDirectory(path: string, subject: string, work: Work): OpenedRootfs {
  const rootfs = openRootfsDirectory(path, { work });
  return {
    path,
    subject,
    rootfs,
    bytesOf: files => directoryBytes(rootfs, files, work),
    tarOf: part => directoryTar(rootfs, part, work),
  };
}

async function lookIntoRootfs({ rootfs, path, ...opened }: OpenedRootfs, work: Work): Promise<Look> {
  const tree = await rootfs.tree();
  const { warnings, mounts, unmade } = rootfs;
  return {
    ...opened,
    ...{ warnings, mounts, unmade, tree },
    name: lastPartOf(path),
    stack: await new Pace(work.signal).run(stackOfTree(tree)),
    ...{ image: undefined, layers: [], tars: [], kept: undefined },
    digests: files => rootfs.digests(files),
  };
}

/**
 * Opens an image, a bundle, a directory or a tar, and reads what is in it but contents; of an image's those that `keeping` wants come along, so
 * that its layers are read once. What is no image is a stack of one tree. Throws as `locate` and reading do.
 */
export async function lookInto(operand: Operand, options: ReadOptions, keeping?: Keeping): Promise<Look> {
  const place = await locate(operand, new OpenPlaces(options));
  const subject = subjectOf(operand);
  switch (place.kind) {
    case 'image':
      return lookIntoImage(place, options, keeping);
    case 'tar':
      return lookIntoRootfs(openTar(place, subject, options), options);
    case 'bundle':
      return lookIntoRootfs(openDirectory(openBundle(place.directory).rootfs, subject, options), options);
    case 'rootfs':
      return lookIntoRootfs(openDirectory(place.directory, subject, options), options);
  }
}

/** The number of a layer that is the `at`th from 0; null in what is no image. */
export const layerNumber = ({ image }: Pick<Look, 'image'>, at: number): number | null =>
  image === undefined ? null : at + 1;

/** Visits all that there is but the root, with the number of the layer that made it so, from 1; null where there are no layers. */
export function eachIn(look: Look, visit: (path: Path, node: Node, layer: number | null) => void): Parts<void> {
  return eachPlaced(look.stack, (path, node, at) => visit(path, node, layerNumber(look, at)));
}

/** A path of a root filesystem as it was asked for, and what is there. */
export interface Found {
  /** Where it really lies: symbolic links followed. */
  readonly path: Path;
  readonly node: Node;
}

/** What lies at a path, symbolic links above it followed, and its own last name too unless `last` is `kept`. Throws `not-found` and `invalid`. */
export function findIn(look: Pick<Look, 'tree' | 'subject'>, text: string, last: 'followed' | 'kept'): Found {
  const written = parsePath(encodeText(text), look.subject);
  const resolved = resolvePath(look.tree, written, look.subject);
  if (last === 'kept' && written !== '' && !/\/\.?$/.test(text)) {
    const path = resolveAbove(look.tree, written, look.subject);
    const node = find(look.tree, path);
    if (node !== undefined) return { path, node };
  }
  const node = find(look.tree, resolved);
  if (node === undefined) throw notFound(look.subject, `'/${textOf(written)}'`);
  return { path: resolved, node };
}
