import { compressorWarnings } from '../codec/compression.ts';
import { badOption } from '../errors.ts';
import { type ConvertOptions, convertGraph } from '../graph/convert-graph.ts';
import { copyBlobs, missingBlobs, type Needed, neededBlobs } from '../graph/copy-graph.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { referrersOf } from '../graph/referrers.ts';
import type { ImageSource, ImageStore } from '../graph/source.ts';
import { layersIn } from '../graph/walk.ts';
import { isIndexType, isManifestType } from '../spec/media-type.ts';
import { nameOf, withName, withoutNames, withUnnamed } from '../spec/name.ts';
import type { Descriptor, ImageIndex } from '../spec/objects.ts';
import { parsePlatform } from '../spec/platform.ts';
import { sizeOf } from '../spec/sizes.ts';
import { withLayout, withScratchLayout } from '../store/layout/new-layout.ts';
import { type NamedImage, openOperandToCopy, pickNamed, withNamed } from '../store/open-operand.ts';
import { type ImageOperand, parseOperand } from '../store/parse-operand.ts';
import { announce } from '../stream/pace.ts';
import type { ArchiveRoot } from './archive-plan.ts';
import { checkCall } from './check-call.ts';
import type { CopyOptions } from './options.ts';
import type { CopyResult } from './results.ts';
import { type ArchivePlace, archiveRoot, checkFree, writeImageArchive } from './write-image-archive.ts';

/** What is to be copied, decided and checked as far as documents go. */
interface Selection {
  readonly source: ImageSource;
  readonly root: Descriptor;
  readonly referrers: readonly Descriptor[];
  /** Entries by whose names registries find what refers to it. */
  readonly tags: readonly Descriptor[];
  readonly needed: Needed;
  /** What could not be looked at. */
  readonly warnings: readonly string[];
}

/** Where it goes: a layout that takes the name, or an archive, which has the image's own where none was asked for. */
type Destination = { readonly kind: 'layout'; readonly path: string; readonly name: string } | ArchivePlace;

/** What changes on the way; undefined where every byte stays. */
function conversionOf(options: CopyOptions): ConvertOptions | undefined {
  const { compression, level, compressor, format, platforms = [] } = options;
  if (compression === undefined && (level !== undefined || compressor !== undefined))
    throw badOption('compression', 'expected gzip, zstd or none, got none beside option level or option compressor');
  if (compression === undefined && format === undefined && platforms.length < 2) return undefined;
  if (options.referrers === true)
    throw badOption(
      'referrers',
      'expected a copy that is not changed, got one: what refers to an image names its digest',
    );
  return {
    ...(compression === undefined ? {} : { compress: { compression, level, compressor } }),
    ...(format === undefined ? {} : { kind: format }),
    ...(platforms.length < 2 ? {} : { platforms: platforms.map(parsePlatform) }),
  };
}

/** The image of one platform, or all of it. */
async function rootOf(opened: NamedImage, options: CopyOptions): Promise<Descriptor> {
  const { named } = opened;
  const { platforms = [], all, hostPlatform } = options;
  if (all === true && platforms.length > 0) throw badOption('all', 'expected no option platforms beside it, got one');
  const isOne = isIndexType(named.mediaType) && all !== true && platforms.length < 2;
  if (!isOne && !(isManifestType(named.mediaType) && platforms.length === 1)) return named;
  const [platform] = platforms;
  return (await pickNamed(opened, { platform, hostPlatform, option: 'platforms' })).descriptor;
}

async function select(opened: NamedImage, options: CopyOptions): Promise<Selection> {
  const { source } = opened;
  const root = await rootOf(opened, options);
  const alone = await neededBlobs(source, [root]);
  if (options.referrers !== true) return { source, root, referrers: [], tags: [], needed: alone, warnings: [] };
  const documents = alone.graph.nodes.filter(({ kind }) => kind === 'index' || kind === 'manifest');
  const { manifests, tags, warnings } = await referrersOf(
    source,
    documents.map(({ descriptor }) => descriptor.digest),
  );
  // Attestations that are a part of the image come with it.
  const inside = new Set<string>(documents.map(({ descriptor }) => descriptor.digest));
  const referrers = manifests.filter(({ digest }) => !inside.has(digest));
  const needed = await neededBlobs(source, [root, ...referrers, ...tags]);
  return { source, root, referrers, tags, needed, warnings };
}

/** Copies into a store, and lists the result there. */
async function copyInto(
  store: ImageStore,
  { source, root, referrers, tags, needed }: Selection,
  options: { readonly name: string; readonly conversion: ConvertOptions | undefined },
): Promise<{ readonly descriptor: Descriptor; readonly warnings: readonly string[] }> {
  const { name, conversion } = options;
  if (conversion === undefined) await copyBlobs(source, needed, store);
  const made =
    conversion === undefined
      ? { descriptor: root, warnings: [] }
      : await convertGraph(source, { graph: needed.graph, root }, { ...conversion, store });
  const isFree = (index: ImageIndex, tag: Descriptor): boolean =>
    !index.manifests.some(entry => nameOf(entry) === nameOf(tag));
  const tagged = (index: ImageIndex, tag: Descriptor): ImageIndex =>
    isFree(index, tag) ? withName(index, nameOf(tag) ?? '', tag) : index;
  await store.updateIndex(index =>
    tags.reduce(tagged, referrers.reduce(withUnnamed, withName(index, name, made.descriptor))),
  );
  return made;
}

/** What is to be copied, and how it changes on the way. */
type Job = Selection & Pick<NamedImage, 'named' | 'place'> & { readonly conversion: ConvertOptions | undefined };

/** What a copy is, by which name, and what there is to say. */
type Copied = readonly [entry: Descriptor, name: string | null, warnings: readonly string[]];

/** What changes on the way to an archive is made in a layout beside it first: a tar says sizes before bodies. */
async function copyToArchive(
  { conversion, named, place, ...selection }: Job,
  destination: ArchivePlace,
  options: CopyOptions,
): Promise<Copied> {
  const rootsOf = (source: ImageSource, entry: Descriptor): readonly [ArchiveRoot, ...ArchiveRoot[]] => [
    archiveRoot(source, { entry, named, place }, destination),
    ...selection.referrers.map(referrer => ({ source, entry: withoutNames(referrer), name: undefined })),
    ...selection.tags.map(tag => ({ source, entry: tag, name: undefined })),
  ];
  const write = async (source: ImageSource, entry: Descriptor): Promise<Copied> => {
    const roots = rootsOf(source, entry);
    const name = destination.name ?? roots[0].name ?? nameOf(roots[0].entry) ?? null;
    return [entry, name, await writeImageArchive(destination, roots, options)];
  };
  if (conversion === undefined) return write(selection.source, selection.root);
  return withScratchLayout(destination.path, async store => {
    const { descriptor, warnings } = await copyInto(store, selection, { name: 'latest', conversion });
    const [entry, name, said] = await write(store, descriptor);
    return [entry, name, [...warnings, ...said]] as const;
  });
}

async function copyToLayout(
  { conversion, ...selection }: Job,
  { path, name }: { readonly path: string; readonly name: string },
  options: CopyOptions,
): Promise<Copied> {
  return withLayout(path, options, async store => {
    const { descriptor, warnings } = await copyInto(store, selection, { name, conversion });
    return [descriptor, name, [...missingBlobs(selection.needed, selection.source), ...warnings]] as const;
  });
}

function destinationOf(operand: ImageOperand): Destination {
  const { kind, path, name = 'latest' } = parseOperand(operand, 'write').place;
  checkFree(path);
  if (kind !== 'oci-archive' && kind !== 'docker-archive') return { kind: 'layout', path, name };
  const asked = parseOperand(operand, 'read').place.name;
  return { kind, path, ...(asked === undefined ? {} : { name: asked }) };
}

/**
 * Copies an image between any two places: layouts and archives (`oci-archive:FILE:NAME`, `docker-archive:FILE:NAME`). Of a
 * multi-platform image one is picked unless `all` is given. What is not changed keeps its digests and bytes, and blobs that
 * are there already are not written again; inside one file system they are shared by reflink or hardlink.
 * The destination is as it was before, or not there, where anything is wrong.
 */
export async function copy(from: ImageOperand, to: ImageOperand, options: CopyOptions = {}): Promise<CopyResult> {
  checkCall('copy', { from: ['operand', from], to: ['operand', to] }, options);
  const destination = destinationOf(to);
  const conversion = conversionOf(options);
  const parsed = parseOperand(from, 'read');
  const opened = await openOperandToCopy(parsed, destination.path, options);
  try {
    const { source } = opened;
    const named = await withNamed({ ...parsed, ...opened });
    const selection = await select(named, options);
    announce(options, 'copying', sizeOf(selection.needed.blobs));
    const job = { ...selection, named: named.named, place: parsed.place, conversion };
    const [entry, name, said] =
      destination.kind === 'layout'
        ? await copyToLayout(job, destination, options)
        : await copyToArchive(job, destination, options);
    const { compression, compressor } = options;
    const labels = await warningsOf(source, layersIn(selection.needed.graph));
    const compressed = compression === undefined ? [] : compressorWarnings({ compression, compressor });
    // An archive's plan says some of it as well.
    const warnings = [...new Set([...selection.warnings, ...said, ...labels, ...compressed])];
    return { manifest: entry.digest, name, referrers: selection.referrers.length, warnings };
  } finally {
    opened.close();
  }
}
