import { badOption, usage } from '../errors.ts';
import { checkDescribed } from '../graph/check-described.ts';
import { copyBlobs, missingBlobs, neededBlobs } from '../graph/copy-graph.ts';
import { readIndex } from '../graph/image-reader.ts';
import type { ImageSource, ImageStore } from '../graph/source.ts';
import { checkMade } from '../graph/store-document.ts';
import { listedIn, walk } from '../graph/walk.ts';
import { attestedDigest } from '../image/attestation.ts';
import type { Digest } from '../spec/digest.ts';
import { nameOf, withoutNames } from '../spec/name.ts';
import type { Descriptor, Document, ImageIndex } from '../spec/objects.ts';
import { formatPlatform } from '../spec/platform.ts';
import { withLayout } from '../store/layout/new-layout.ts';
import { OpenPlaces } from '../store/open-operand.ts';
import { placeKey } from '../store/open-source.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { once } from '../stream/once.ts';
import { checkCall } from './check-call.ts';
import { openTarget, type Planned, planChange, planCreate } from './index-plan.ts';
import type { IndexOptions, Work } from './options.ts';
import type { IndexEntry, IndexResult } from './results.ts';
import { allOf, type Several } from './several.ts';
import { withResult } from './with-result.ts';

/** Brings what the entries need from other places, stores the index and names it. */
async function store(planned: Planned, into: ImageStore): Promise<readonly string[]> {
  const { place, root, document, base, operands, nested = [] } = planned;
  const here = placeKey(place);
  const warnings: string[] = [];
  for (const { opened, entries, key } of operands) {
    if (key.trim() === here.trim()) {
      for (const entry of entries) await checkDescribed(opened.source, entry);
      if (document === undefined && !(await into.has(root))) await into.bring(opened.source, root);
      continue;
    }
    const there: Descriptor[] = [];
    for (const entry of entries)
      if (await opened.source.has(entry)) there.push(entry);
      else warnings.push(`${opened.subject}: ${entry.digest} is listed and not there: it is left out`);
    const needed = await neededBlobs(opened.source, there);
    await copyBlobs(opened.source, needed, into);
    for (const warning of missingBlobs(needed, opened.source)) warnings.push(warning);
  }
  if (base !== undefined && document === base.document) return warnings;
  for (const inner of nested) {
    for (const warning of checkMade(inner.document, { subject: into.subject, base: inner.base }))
      warnings.push(warning);
    await into.put(once(inner.document.bytes));
  }
  if (document !== undefined) {
    for (const warning of checkMade(document, { subject: into.subject, base: base?.document })) warnings.push(warning);
    await into.put(once(document.bytes));
  }
  const { data: _data, ...entry } = withoutNames(base?.named ?? root);
  const { mediaType, digest, size } = root;
  await into.updateIndex(index =>
    withResult(index, { ...entry, mediaType, digest, size }, { name: place.name, moved: base }),
  );
  return warnings;
}

function viewOf(entry: Descriptor, inside: Digest | null): IndexEntry {
  const { digest, mediaType, size, platform, artifactType, annotations } = entry;
  return {
    digest,
    mediaType,
    size,
    platform: platform == null ? null : formatPlatform(platform),
    artifactType: artifactType ?? null,
    attests: (attestedDigest(entry) as Digest | undefined) ?? null,
    annotations: annotations ?? {},
    inside,
  };
}

/** The entries of an index, those of nested ones after them: of one that several list once. */
async function entriesIn(source: ImageSource, document: Document<ImageIndex>): Promise<readonly IndexEntry[]> {
  const { manifests } = document.value;
  const graph = await walk(source, manifests, { listOnly: true });
  return Array.from(listedIn(graph, manifests), ({ entry, inside }) => viewOf(entry, inside?.digest ?? null));
}

type EditAction = 'create' | 'add' | 'remove';

async function edit(
  action: EditAction,
  { target, images }: { readonly target: ImageOperand; readonly images: readonly ImageOperand[] },
  options: IndexOptions,
): Promise<IndexResult> {
  const places = new OpenPlaces(options);
  const planned = await (action === 'create'
    ? planCreate(target, images, { ...options, places })
    : planChange(action, target, { ...options, images, places }));
  const { place, root, document, base, operands } = planned;
  const said = await withLayout(place.path, options, into => store(planned, into));
  const warnings = [...(planned.warnings ?? []), ...said];
  const [only] = operands;
  const made = document ?? (only === undefined ? undefined : await readIndex(only.opened.source, root));
  return {
    manifest: root.digest,
    name: place.name,
    mediaType: root.mediaType,
    isChanged: root.digest !== base?.named.digest,
    entries: (made?.value.manifests ?? []).map(entry => viewOf(entry, null)),
    warnings,
  };
}

/**
 * Makes a multi-platform index (image-spec image-index.md) of images in the order given, what other indexes list among them with
 * its attestations; a single index, all of it, is taken byte for byte. Blobs of other places are brought. Throws `usage` where it
 * would be empty, and what opening the images throws.
 */
export async function createIndex(
  target: ImageOperand,
  images: Several<ImageOperand>,
  options: IndexOptions = {},
): Promise<IndexResult> {
  checkCall('createIndex', { target: ['operand', target], images: ['operands', images] }, options);
  return edit('create', { target, images: allOf(images) }, options);
}

/**
 * Puts images into an index: each in the place of the one for the same platform, whose attestations go with it, or last. An entry of a nested index
 * is replaced there. Throws `usage` for the index itself, `unsupported` where the target is none, and `conflict` where somebody else has moved its name meanwhile.
 */
export async function addToIndex(
  target: ImageOperand,
  images: Several<ImageOperand>,
  options: IndexOptions = {},
): Promise<IndexResult> {
  checkCall('addToIndex', { target: ['operand', target], images: ['operands', images] }, options);
  if (allOf(images).length === 0) throw usage('images', 'expected an image to add, got none');
  return edit('add', { target, images: allOf(images) }, options);
}

/**
 * Takes entries out of an index, by image, by digest (`@sha256:…` or its first digits) or by `platforms`, with the attestations
 * about them, out of nested indexes as well. Throws `not-found` for what it does not list, and `usage` where nothing would be left.
 */
export async function removeFromIndex(
  target: ImageOperand,
  images: Several<ImageOperand>,
  options: IndexOptions = {},
): Promise<IndexResult> {
  checkCall('removeFromIndex', { target: ['operand', target], images: ['operands', images] }, options);
  const option = options.nest === true ? 'nest' : (options.entryAnnotations ?? []).length > 0 ? 'entryAnnotations' : '';
  if (option !== '') throw badOption(option, 'expected something to add, got something to remove');
  if (allOf(images).length + (options.platforms ?? []).length === 0)
    throw usage('images', 'expected an image or option platforms, got neither');
  return edit('remove', { target, images: allOf(images) }, options);
}

/** The entries of a multi-platform index in a layout or an archive, those of nested ones after them. Throws `unsupported` for what is no index. */
export async function listIndex(target: ImageOperand, options: Work = {}): Promise<IndexResult> {
  checkCall('listIndex', { target: ['operand', target] }, options);
  const { named, document, source } = await openTarget(target, new OpenPlaces(options));
  return {
    manifest: named.digest,
    name: nameOf(named) ?? null,
    mediaType: named.mediaType,
    isChanged: false,
    entries: await entriesIn(source, document),
    warnings: [],
  };
}
