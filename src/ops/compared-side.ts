import type { BodySource } from '../codec/body-source.ts';
import type { LayerTar } from '../codec/tree-writer.ts';
import type { Bytes } from '../engine/engine.ts';
import { badOption, usage } from '../errors.ts';
import type { ComparableRootfs } from '../graph/comparable-rootfs.ts';
import { fileBytes } from '../graph/file-bytes.ts';
import { readImage } from '../graph/image-reader.ts';
import { ListingCache, openImageRootfs, pathsOf } from '../graph/rootfs-image.ts';
import type { ImageSource } from '../graph/source.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import type { Image, Layer } from '../spec/objects.ts';
import { sizeOf } from '../spec/sizes.ts';
import { type Bundle, bundleOfRootfs, openBundle } from '../store/bundle/bundle.ts';
import { type Location, locate, type RootfsLocation } from '../store/locate.ts';
import { OpenPlaces, pickNamed, withNamed } from '../store/open-operand.ts';
import { openSource } from '../store/open-source.ts';
import { type Operand, subjectOf } from '../store/parse-operand.ts';
import { openRootfsDirectory } from '../store/rootfs/directory.ts';
import { openRootfsTar } from '../store/rootfs/tar.ts';
import { unmadeWarnings } from '../store/rootfs/unmade.ts';
import { expectMore, Pace } from '../stream/pace.ts';
import { emptyTree, type FileNode, type Node, type Path, type Tree } from '../tree/node.ts';
import { withUnmade } from '../tree/overlay.ts';
import type { Parts } from '../tree/parts.ts';
import type { Selection } from '../tree/selection.ts';
import { both } from './both.ts';
import type { Side } from './compare.ts';
import { wholeBodies } from './file-bodies.ts';
import type { ReadOptions, Work } from './options.ts';
import type { PlacedFile } from './placed-file.ts';
import { bodiesElsewhere, directoryBytes, nodesOf, tarBytes } from './rootfs-bodies.ts';

/** How somebody comes to a bundle who has none. */
export const toBundle = 'unpack with option bundle makes one of an image';

/** What of a directory is walked. */
interface WalkOptions {
  readonly selection?: Selection | undefined;
  readonly crossMounts?: boolean | undefined;
}

type OpenOptions = ReadOptions & WalkOptions;

/** The tree of one side of a comparison, and what of it is not known. */
export interface ComparedTree extends Pick<Side, 'tree'> {
  /** What of it was not walked, and is as it is in the other side. */
  readonly mounts?: ReadonlySet<Path> | undefined;
  /** What it could not hold: where that is not there, it is as it is in the other side. */
  readonly unmade?: ReadonlySet<Node['kind']> | undefined;
}

/** One side of a comparison, with what else is known of it. */
export interface ComparedSide extends Side, ComparedTree {
  readonly image?: Image | undefined;
  /** The contents of files of its tree, whole, each content once and in its own order, so that nothing is read twice. */
  readonly bodies: (files: ReadonlyMap<FileNode, Path>) => AsyncIterable<readonly [FileNode, Uint8Array]>;
  readonly warnings: readonly string[];
}

/** A directory's or a tar's operand: its file bodies can be read. */
export type RootfsSide = ComparedSide & BodySource;

/** An image whose layers have not been read yet. */
interface ImageSide {
  readonly source: ImageSource;
  readonly image: Image;
  readonly layers: readonly Layer[];
}

const none = async (): Promise<ReadonlyMap<FileNode, string>> => new Map();

/** The tree of a side, with what it could not hold as the other has it, and a sentence about that. Of two such sides neither tells anything. */
export function* completed(
  other: ComparedTree,
  { tree, unmade = new Set() }: ComparedTree,
): Parts<{ readonly tree: Tree; readonly warnings: readonly string[] }> {
  const isTold = (other.unmade?.size ?? 0) === 0;
  const filled = yield* withUnmade(other.tree, tree, isTold ? unmade : new Set());
  return { tree: filled.tree, warnings: unmadeWarnings(filled.paths) };
}

/** The side of nothing: what an image without a base is a delta over. */
export const emptySide: ComparedSide = {
  tree: emptyTree(),
  digests: none,
  bodies: async function* () {},
  warnings: [],
};

async function sideOf(
  rootfs: ComparableRootfs,
  bytesOf: (files: readonly PlacedFile[]) => Bytes,
): Promise<ComparedSide> {
  const tree = await rootfs.tree();
  const { warnings, mounts, unmade } = rootfs;
  const bodies: ComparedSide['bodies'] = files => wholeBodies({ bytesOf }, files);
  return { tree, digests: files => rootfs.digests(files), bodies, warnings, mounts, unmade };
}

async function sideOfImage({ source, image, layers }: ImageSide, rootfs: ComparableRootfs): Promise<ComparedSide> {
  return { ...(await sideOf(rootfs, files => fileBytes(source, layers, nodesOf(files)))), image };
}

export function imageSide(source: ImageSource, image: Image): ImageSide {
  return { source, image, layers: layersOf(image) };
}

/** The merged tree of an image, every content hashed while it is read: what a directory is compared with. */
export function readImageSide(side: ImageSide): Promise<ComparedSide> {
  const { source, layers } = side;
  expectMore(source.work ?? {}, sizeOf(blobsOf(layers)));
  return sideOfImage(side, openImageRootfs(source, layers, { hashing: () => 'all' }));
}

/** Two images: blobs that both begin with are read once, and of the contents of layers that both begin with, once proved, only those that layers above touch are hashed. */
export async function readImagePair(before: ImageSide, after: ImageSide): Promise<[ComparedSide, ComparedSide]> {
  const cache = new ListingCache();
  const blobs = [...blobsOf(before.layers), ...blobsOf(after.layers)];
  expectMore(before.source.work ?? {}, sizeOf(new Map(blobs.map(blob => [blob.digest, blob])).values()));
  let shared = 0;
  while (shared < before.layers.length && before.layers[shared]?.diffID === after.layers[shared]?.diffID) shared++;
  const paths = new Set([
    ...(await pathsOf(cache, before.source, before.layers.slice(shared))),
    ...(await pathsOf(cache, after.source, after.layers.slice(shared))),
  ]);
  const read = (side: ImageSide): Promise<ComparedSide> =>
    sideOfImage(side, openImageRootfs(side.source, side.layers, { cache, hashing: () => ({ paths }) }));
  return [await read(before), await read(after)];
}

type OpenedRootfs = ComparableRootfs & BodySource & { readonly tar?: LayerTar };

async function rootfsSide(rootfs: OpenedRootfs, work: Work): Promise<RootfsSide> {
  const { body, prepare, tar } = rootfs;
  const bytesOf = (files: readonly PlacedFile[]): Bytes =>
    tar === undefined ? directoryBytes(rootfs, files, work) : tarBytes(tar, files);
  return { ...(await sideOf(rootfs, bytesOf)), body, ...(prepare === undefined ? {} : { prepare }) };
}

/**
 * A bundle's root filesystem now, and what it is compared with: its own base, or what `base` reads where that is another
 * or the stat index is lost. With the index only what may have changed is read.
 */
export async function readBundle(
  bundle: Bundle,
  base: () => Promise<ComparedSide>,
  { isOwn = true, ...walk }: WalkOptions & { readonly isOwn?: boolean; readonly work: Work },
): Promise<[ComparedSide, RootfsSide]> {
  const index = isOwn ? await new Pace(walk.work.signal).run(bundle.index()) : undefined;
  if (index === undefined) return both(base, () => rootfsSide(openRootfsDirectory(bundle.rootfs, walk), walk.work));
  const { tree, digests } = index;
  const lower: ComparedSide = {
    tree,
    digests: async files => new Map([...files].map(file => [file, digests.get(file) ?? ''] as const)),
    bodies: files => bodiesElsewhere(base, files),
    warnings: [],
  };
  const now = await rootfsSide(openRootfsDirectory(bundle.rootfs, { known: index.known, ...walk }), walk.work);
  const upper: RootfsSide = {
    ...now,
    // A file that is known to be the base's has the base's digest.
    async digests(files) {
      const read = await now.digests(new Set([...files].filter(file => !digests.has(file))));
      return new Map([...files].map(file => [file, digests.get(file) ?? read.get(file) ?? ''] as const));
    },
  };
  return [lower, upper];
}

/** The image that a bundle was unpacked from. */
export async function bundleBase(bundle: Bundle, work: Work): Promise<{ source: ImageSource; image: Image }> {
  const { source } = await openSource({ path: bundle.layout }, work);
  return { source, image: await readImage(source, bundle.manifest) };
}

export function openRootfs(
  place: RootfsLocation,
  options: WalkOptions & { readonly ahead?: boolean; readonly work: Work },
): Promise<RootfsSide> {
  const { work } = options;
  return rootfsSide(
    place.kind === 'tar'
      ? openRootfsTar(place.path, { signal: work.signal })
      : openRootfsDirectory(place.directory, options),
    work,
  );
}

type Opened =
  | { readonly kind: 'image'; readonly side: ImageSide }
  | { readonly kind: 'rootfs'; readonly place: RootfsLocation };

async function open(place: Location, options: OpenOptions): Promise<Opened> {
  if (place.kind === 'bundle')
    return { kind: 'rootfs', place: { kind: 'rootfs', directory: openBundle(place.directory).rootfs } };
  if (place.kind !== 'image') return { kind: 'rootfs', place };
  const { source, image } = await pickNamed(await withNamed(place), options);
  return { kind: 'image', side: imageSide(source, image) };
}

const walkOf = ({ selection, crossMounts, ...work }: OpenOptions): WalkOptions & { readonly work: Work } => ({
  selection,
  crossMounts,
  work,
});

const read = (opened: Opened, options: OpenOptions): Promise<ComparedSide> =>
  opened.kind === 'image' ? readImageSide(opened.side) : openRootfs(opened.place, walkOf(options));

async function openBundlePair(operand: Operand, options: OpenOptions): Promise<[ComparedSide, ComparedSide]> {
  const place = await locate(operand, new OpenPlaces(options));
  if (place.kind !== 'bundle') {
    const bundle = place.kind === 'rootfs' ? bundleOfRootfs(place.directory) : undefined;
    const hint = bundle === undefined ? toBundle : `the bundle is ${bundle}`;
    throw usage(subjectOf(operand), 'expected two operands, or one bundle, got one operand', hint);
  }
  const bundle = openBundle(place.directory);
  const base = async (): Promise<ComparedSide> => {
    const { source, image } = await bundleBase(bundle, options);
    return readImageSide(imageSide(source, image));
  };
  return readBundle(bundle, base, walkOf(options));
}

/** Throws `usage` where mounts are to be walked and nothing is: only a directory has any. */
export function checkWalked(places: readonly Location[], crossMounts: boolean | undefined): void {
  if (crossMounts !== true || places.some(({ kind }) => kind === 'rootfs' || kind === 'bundle')) return;
  throw badOption('crossMounts', 'expected a directory to walk, got none');
}

/** Both sides of a comparison; with one operand, a bundle's base and the bundle. */
export async function openPair(
  before: Operand,
  after: Operand | undefined,
  options: OpenOptions,
): Promise<[ComparedSide, ComparedSide]> {
  if (after === undefined) return openBundlePair(before, options);
  const places = new OpenPlaces(options);
  const located = [await locate(before, places), await locate(after, places)] as const;
  checkWalked(located, options.crossMounts);
  const lower = await open(located[0], options);
  const upper = await open(located[1], options);
  if (lower.kind === 'image' && upper.kind === 'image') return readImagePair(lower.side, upper.side);
  return both(
    () => read(lower, options),
    () => read(upper, options),
  );
}
