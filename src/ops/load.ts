import type { Bytes } from '../engine/engine.ts';
import { OciError } from '../errors.ts';
import { copyBlobs, missingBlobs, neededBlobs } from '../graph/copy-graph.ts';
import { readManifest } from '../graph/image-reader.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { foldListed } from '../graph/listed-index.ts';
import type { ImageSource } from '../graph/source.ts';
import { layersIn } from '../graph/walk.ts';
import { isConfigType, isManifestType } from '../spec/media-type.ts';
import { nameOf, withListed } from '../spec/name.ts';
import type { Descriptor } from '../spec/objects.ts';
import { oddOf } from '../spec/odd-entries.ts';
import { familiarName, tryReference } from '../spec/reference.ts';
import { sizeOf } from '../spec/sizes.ts';
import { withLayout } from '../store/layout/new-layout.ts';
import { openOperandToCopy } from '../store/open-operand.ts';
import type { OpenedSource } from '../store/open-source.ts';
import { type ImageOperand, type ParsedOperand, parseLayout, parseWholePlace } from '../store/parse-operand.ts';
import { announce } from '../stream/pace.ts';
import { checkCall } from './check-call.ts';
import { givenBytes, isGivenStream } from './given-bytes.ts';
import type { LoadOptions } from './options.ts';
import type { LoadedImage, LoadResult } from './results.ts';

/** A name as docker prints it: `docker.io/library/app:v1` is `app:v1`. */
function shownName(entry: Descriptor): string | null {
  const name = nameOf(entry);
  const reference = name?.includes('/') === true ? tryReference(name) : undefined;
  if (name === undefined || reference === undefined) return name ?? null;
  return reference.digest === undefined ? `${familiarName(reference)}:${reference.tag ?? 'latest'}` : name;
}

async function loadedImage(source: ImageSource, entry: Descriptor): Promise<LoadedImage> {
  const image = { name: shownName(entry), digest: entry.digest };
  if (!isManifestType(entry.mediaType)) return { ...image, id: entry.digest };
  const { config } = (await readManifest(source, entry)).value;
  return { ...image, id: isConfigType(config.mediaType) ? config.digest : entry.digest };
}

/** Everything is read and checked as far as documents go before the layout is touched. */
async function loadFrom(opened: OpenedSource, layout: string, options: LoadOptions): Promise<LoadResult> {
  const { index } = opened;
  const { source, entries } = foldListed(opened.source, index);
  if (entries.length === 0)
    throw (
      oddOf(index.value)[0]?.fault ?? new OciError('not-found', source.subject, 'expected an image, got an empty index')
    );
  const needed = await neededBlobs(source, entries);
  const named = withListed({ schemaVersion: 2, manifests: [] }, entries);
  const images: LoadedImage[] = [];
  for (const entry of named.manifests) images.push(await loadedImage(source, entry));
  const said = await warningsOf(source, layersIn(needed.graph));
  announce(options, 'loading', sizeOf(needed.blobs));
  await withLayout(layout, options, async store => {
    await copyBlobs(source, needed, store);
    await store.updateIndex(before => withListed(before, entries));
  });
  const warnings = [...oddOf(index.value).map(({ fault }) => fault.message), ...missingBlobs(needed, source), ...said];
  return { images, warnings };
}

/** All of an archive is loaded: a name or a digest would say otherwise. */
const parseArchive = (archive: ImageOperand): ParsedOperand =>
  parseWholePlace(archive, 'an archive', '`ocikit copy` takes one image');

/**
 * Brings all images of an archive into a layout, under their names: what `docker save` (any version), `podman save`, skopeo,
 * buildx and `save` write, plain or compressed with gzip or zstd. OCI content keeps its digests; docker's archives get a
 * manifest made of their config and layers, whose diffIDs are checked. `archive` is a place or a stream of bytes.
 * The layout is as it was before, or not there, where anything is wrong.
 */
export async function load(
  archive: ImageOperand | Bytes,
  layout: ImageOperand,
  options: LoadOptions = {},
): Promise<LoadResult> {
  checkCall('load', { archive: ['operand or bytes', archive], layout: ['operand', layout] }, options);
  const { path } = parseLayout(
    layout,
    'images keep the names of the archive; `ocikit copy ARCHIVE LAYOUT:NAME` gives one a name',
  ).place;
  const from = isGivenStream(archive) ? givenBytes(archive, 'archive', options.signal) : parseArchive(archive);
  const opened = await openOperandToCopy(from, path, options);
  try {
    return await loadFrom(opened, path, options);
  } finally {
    opened.close();
  }
}
