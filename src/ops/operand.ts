import type { BodySource } from '../codec/body-source.ts';
import { usage } from '../errors.ts';
import { flowSource } from '../graph/flow-source.ts';
import { readImage } from '../graph/image-reader.ts';
import { ListingCache, openImageRootfs, pathsOf } from '../graph/rootfs-image.ts';
import type { ImageSource, Rootfs } from '../graph/source.ts';
import { layersOf } from '../image/layers.ts';
import type { Image, ImageConfig, Layer } from '../spec/objects.ts';
import { type Bundle, openBundle } from '../store/bundle/bundle.ts';
import type { StatIndex } from '../store/bundle/stat-index.ts';
import { openImage, openPlace, openSource, type Place } from '../store/locate.ts';
import { openRootfsDirectory } from '../store/rootfs/directory.ts';
import { openRootfsTar } from '../store/rootfs/tar.ts';
import { type ByteString, type DirectoryNode, emptyTree, type FileNode, type Node, type Tree } from '../tree/node.ts';
import { nameOf, parentOf } from '../tree/path.ts';
import { find } from '../tree/walk.ts';
import { both } from './both.ts';
import type { Side } from './compare.ts';
import type { ReadOptions } from './options.ts';

export type OpenOptions = ReadOptions;

/** One side of a comparison, with what else is known of it. */
export interface Operand extends Side {
  readonly config?: ImageConfig | undefined;
  readonly warnings: readonly string[];
}

/** A directory's or a tar's operand: its file bodies can be read. */
export type RootfsOperand = Operand & BodySource;

/** An image whose layers have not been read yet. */
export interface ImageOperand {
  readonly source: ImageSource;
  readonly image: Image;
  readonly layers: readonly Layer[];
}

const none = async (): Promise<ReadonlyMap<FileNode, string>> => new Map();

/** The side of nothing: what an image without a base is a delta over. */
export const emptyOperand: Operand = { tree: emptyTree(), digests: none, warnings: [] };

async function operandOf(rootfs: Rootfs, config?: ImageConfig): Promise<Operand> {
  const tree = await rootfs.tree();
  return { tree, digests: files => rootfs.digests(files), config, warnings: rootfs.warnings };
}

export function imageOperand(source: ImageSource, image: Image, options: OpenOptions): ImageOperand {
  return { source: flowSource(source, options), image, layers: layersOf(image) };
}

/** The merged tree of an image, every content hashed while it is read: what a directory is compared with. */
export function readImageOperand({ source, image, layers }: ImageOperand): Promise<Operand> {
  return operandOf(openImageRootfs(source, layers, { hashing: () => 'all' }), image.config.value);
}

/** Two images: blobs that both begin with are read once, and of the contents of layers that both begin with, once proved, only those that layers above touch are hashed. */
async function readImagePair(before: ImageOperand, after: ImageOperand): Promise<[Operand, Operand]> {
  const cache = new ListingCache();
  let shared = 0;
  while (shared < before.layers.length && before.layers[shared]?.diffID === after.layers[shared]?.diffID) shared++;
  const paths = new Set([
    ...(await pathsOf(cache, before.source, before.layers.slice(shared))),
    ...(await pathsOf(cache, after.source, after.layers.slice(shared))),
  ]);
  const read = ({ source, layers, image }: ImageOperand): Promise<Operand> =>
    operandOf(openImageRootfs(source, layers, { cache, hashing: () => ({ paths }) }), image.config.value);
  return [await read(before), await read(after)];
}

async function rootfsOperand(rootfs: Rootfs & BodySource): Promise<RootfsOperand> {
  const { body, prepare } = rootfs;
  return { ...(await operandOf(rootfs)), body, ...(prepare === undefined ? {} : { prepare }) };
}

/** What could not be made when the bundle was unpacked is not missing from it now. */
function withAbsent(tree: Tree, absent: StatIndex['absent']): Tree {
  for (const [path, node] of absent) {
    const parent = find(tree, parentOf(path));
    const children =
      parent?.kind === 'directory' ? ((parent as DirectoryNode).children as Map<ByteString, Node>) : undefined;
    if (children !== undefined && !children.has(nameOf(path))) children.set(nameOf(path), node);
  }
  return tree;
}

/**
 * A bundle's root filesystem now, and what it is compared with: its own base, or what `base` reads where that is another
 * or the stat index is lost. With the index only what may have changed is read.
 */
export async function readBundle(
  bundle: Bundle,
  base: () => Promise<Operand>,
  isOwn = true,
): Promise<[Operand, RootfsOperand]> {
  const index = isOwn ? bundle.index() : undefined;
  if (index === undefined) return both(base, () => rootfsOperand(openRootfsDirectory(bundle.rootfs)));
  const { tree, digests } = index;
  const lower: Operand = {
    tree,
    digests: async files => new Map([...files].map(file => [file, digests.get(file) ?? ''] as const)),
    warnings: [],
  };
  const now = await rootfsOperand(openRootfsDirectory(bundle.rootfs, { known: index.known }));
  const upper: RootfsOperand = {
    ...now,
    tree: withAbsent(now.tree, index.absent),
    // A file that is known to be the base's has the base's digest.
    async digests(files) {
      const read = await now.digests(new Set([...files].filter(file => !digests.has(file))));
      return new Map([...files].map(file => [file, digests.get(file) ?? read.get(file) ?? ''] as const));
    },
  };
  return [lower, upper];
}

/** The image that a bundle was unpacked from. */
export async function bundleBase(bundle: Bundle): Promise<{ source: ImageSource; image: Image }> {
  const source = await openSource({ path: bundle.layout });
  return { source, image: await readImage(source, bundle.manifest) };
}

/** A root filesystem that is not an image: a directory or a tar. */
export type RootfsPlace = Extract<Place, { readonly kind: 'rootfs' | 'tar' }>;

export function openRootfs(place: RootfsPlace, options: { readonly ahead?: boolean } = {}): Promise<RootfsOperand> {
  return rootfsOperand(
    place.kind === 'tar' ? openRootfsTar(place.path) : openRootfsDirectory(place.directory, options),
  );
}

type Opened =
  | { readonly kind: 'image'; readonly operand: ImageOperand }
  | { readonly kind: 'rootfs'; readonly place: RootfsPlace };

async function open(text: string, options: OpenOptions): Promise<Opened> {
  const place = await openPlace(text);
  if (place.kind === 'bundle')
    return { kind: 'rootfs', place: { kind: 'rootfs', directory: openBundle(place.directory).rootfs } };
  if (place.kind !== 'image') return { kind: 'rootfs', place };
  const { source, image } = await openImage(text, options);
  return { kind: 'image', operand: imageOperand(source, image, options) };
}

const read = (opened: Opened): Promise<Operand> =>
  opened.kind === 'image' ? readImageOperand(opened.operand) : openRootfs(opened.place);

/** Both sides of a comparison; with one operand, a bundle's base and the bundle. */
export async function openPair(
  before: string,
  after: string | undefined,
  options: OpenOptions,
): Promise<[Operand, Operand]> {
  if (after === undefined) {
    const place = await openPlace(before);
    if (place.kind !== 'bundle')
      throw usage(before, 'expected two operands, or one bundle (what `unpack --bundle` wrote), got one operand');
    const bundle = openBundle(place.directory);
    return readBundle(bundle, async () => {
      const { source, image } = await bundleBase(bundle);
      return readImageOperand(imageOperand(source, image, options));
    });
  }
  const [lower, upper] = [await open(before, options), await open(after, options)];
  if (lower.kind === 'image' && upper.kind === 'image') return readImagePair(lower.operand, upper.operand);
  return both(
    () => read(lower),
    () => read(upper),
  );
}
