import type { BodySource } from '../codec/body-source.ts';
import { usage } from '../errors.ts';
import type { Image, ImageConfig, Layer } from '../spec/objects.ts';
import { type Bundle, openBundle } from '../store/bundle.ts';
import { layersOf, readImage } from '../store/image-reader.ts';
import { openImage, openLayout, openPlace } from '../store/locate.ts';
import type { ImageSource, ImageStore, Rootfs } from '../store/place.ts';
import { openRootfsDirectory, type RootfsDirectory } from '../store/rootfs-directory.ts';
import { ListingCache, openImageRootfs, pathsOf } from '../store/rootfs-image.ts';
import type { StatIndex } from '../store/stat-index.ts';
import { type ByteString, type DirectoryNode, emptyTree, type FileNode, type Node, type Tree } from '../tree/node.ts';
import { nameOf, parentOf } from '../tree/path.ts';
import { find } from '../tree/walk.ts';
import type { Side } from './compare.ts';
import type { Progress, ReadOptions } from './options.ts';
import { watchSource } from './watch.ts';

export type OpenOptions = ReadOptions & { readonly progress?: Progress };

/** One side of a comparison, with what else is known of it. */
export interface Operand extends Side {
  readonly config?: ImageConfig | undefined;
  readonly warnings: readonly string[];
}

/** A directory's operand: its file bodies can be read. */
export type DirectoryOperand = Operand & BodySource;

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

export function imageOperand(store: ImageStore, image: Image, options: OpenOptions): ImageOperand {
  return { source: watchSource(store, options.progress), image, layers: layersOf(image) };
}

/** The merged tree of an image, every content hashed while it is read: what a directory is compared with. */
export function readImageOperand({ source, image, layers }: ImageOperand): Promise<Operand> {
  return operandOf(openImageRootfs(source, layers, { hashing: () => 'all' }), image.config.value);
}

/** Two images: layers that both begin with are read once, and of their contents only those that layers above touch are hashed. */
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

async function directoryOperand(rootfs: RootfsDirectory): Promise<DirectoryOperand> {
  return { ...(await operandOf(rootfs)), body: rootfs.body };
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
): Promise<[Operand, DirectoryOperand]> {
  const index = isOwn ? bundle.index() : undefined;
  if (index === undefined) return Promise.all([base(), directoryOperand(openRootfsDirectory(bundle.rootfs))]);
  const { tree, digests } = index;
  const lower: Operand = {
    tree,
    digests: async files => new Map([...files].map(file => [file, digests.get(file) ?? ''] as const)),
    warnings: [],
  };
  const now = await directoryOperand(openRootfsDirectory(bundle.rootfs, { known: index.known }));
  const upper: DirectoryOperand = {
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
export async function bundleBase(bundle: Bundle): Promise<{ store: ImageStore; image: Image }> {
  const store = await openLayout(bundle.layout);
  return { store, image: await readImage(store, bundle.manifest) };
}

export function openDirectory(directory: string, options: { ahead?: boolean } = {}): Promise<DirectoryOperand> {
  return directoryOperand(openRootfsDirectory(directory, options));
}

type Opened =
  | { readonly kind: 'image'; readonly operand: ImageOperand }
  | { readonly kind: 'directory'; readonly directory: string };

async function open(text: string, options: OpenOptions): Promise<Opened> {
  const place = openPlace(text);
  if (place.kind === 'bundle') return { kind: 'directory', directory: openBundle(place.directory).rootfs };
  if (place.kind === 'rootfs') return { kind: 'directory', directory: place.directory };
  const { store, image } = await openImage(text, options);
  return { kind: 'image', operand: imageOperand(store, image, options) };
}

const read = (opened: Opened): Promise<Operand> =>
  opened.kind === 'image' ? readImageOperand(opened.operand) : openDirectory(opened.directory);

/** Both sides of a comparison; with one operand, a bundle's base and the bundle. */
export async function openPair(
  before: string,
  after: string | undefined,
  options: OpenOptions,
): Promise<[Operand, Operand]> {
  if (after === undefined) {
    const place = openPlace(before);
    if (place.kind !== 'bundle')
      throw usage(before, 'expected two operands, or one bundle (what `unpack --bundle` wrote), got one operand');
    const bundle = openBundle(place.directory);
    return readBundle(bundle, async () => {
      const { store, image } = await bundleBase(bundle);
      return readImageOperand(imageOperand(store, image, options));
    });
  }
  const [lower, upper] = [await open(before, options), await open(after, options)];
  if (lower.kind === 'image' && upper.kind === 'image') return readImagePair(lower.operand, upper.operand);
  return Promise.all([read(lower), read(upper)]);
}
