import { badOption, OciError } from '../errors.ts';
import { checkDescribed } from '../graph/check-described.ts';
import { readImage, readIndex } from '../graph/image-reader.ts';
import type { ImageSource, ImageStore } from '../graph/source.ts';
import { checkMade } from '../graph/store-document.ts';
import { fallbackDigest, fallbackName } from '../image/about.ts';
import { attachedEntry, attachedManifest, emptyBlob, withFallback } from '../image/attach.ts';
import { attachedType, lookedAt, titleOf } from '../image/attached-type.ts';
import { parseAnnotation } from '../spec/annotations.ts';
import { isIndexType } from '../spec/media-type.ts';
import { nameOf, withName, withUnnamed } from '../spec/name.ts';
import type { Descriptor, Document, ImageIndex, Manifest } from '../spec/objects.ts';
import { readInputFile } from '../store/disk/input-file.ts';
import { baseNameOf, newName } from '../store/image-place.ts';
import { withLayout } from '../store/layout/new-layout.ts';
import { OpenPlaces, openStored, pickNamed, type StoredImage } from '../store/open-operand.ts';
import { type ImageOperand, parseOperand } from '../store/parse-operand.ts';
import { flow } from '../stream/flow.ts';
import { once } from '../stream/once.ts';
import { announce } from '../stream/pace.ts';
import { peek } from '../stream/peek.ts';
import type { AttachedFile, AttachOptions } from './attach-options.ts';
import type { AttachResult } from './attach-results.ts';
import { attachedFile, severalOf } from './call-kinds.ts';
import { timeOf } from './change-edit.ts';
import { checkCall } from './check-call.ts';
import { givenBytes } from './given-bytes.ts';
import { allOf, type Several } from './several.ts';

type StoredFile = AttachResult['files'][number];

async function storeFile(
  into: ImageStore,
  { file, mediaType }: AttachedFile,
  options: AttachOptions,
): Promise<StoredFile> {
  const bytes =
    typeof file === 'string' ? readInputFile(file, options.signal) : givenBytes(file, 'files', options.signal);
  const { head, whole, close } = await peek(flow(bytes, options), lookedAt);
  const name = typeof file === 'string' ? baseNameOf(file) : undefined;
  const shown = attachedType(name ?? '', new TextDecoder().decode(head.subarray(0, lookedAt)));
  const type = mediaType ?? shown ?? 'application/octet-stream';
  const stored = await into.put(whole).finally(close);
  return { title: name ?? titleOf(type), mediaType: type, ...stored };
}

/** What the artifact is, as far as somebody says or its one file shows. Throws `usage`. */
function artifactTypeOf(files: readonly StoredFile[], { artifactType }: AttachOptions): string {
  const [only, ...others] = files;
  const shown = others.length === 0 && only?.mediaType !== 'application/octet-stream' ? only?.mediaType : undefined;
  const type = artifactType ?? shown;
  if (type === undefined)
    throw badOption('artifactType', 'expected what the artifact is, got nothing', {
      hint: 'a media type, such as application/spdx+json',
    });
  return type;
}

/** The time of what it is about, where it is an image that says one. */
async function createdOf(source: ImageSource, subject: Descriptor): Promise<string | undefined> {
  if (isIndexType(subject.mediaType)) return undefined;
  try {
    return (await readImage(source, subject)).config.value.created ?? undefined;
  } catch (error) {
    if (error instanceof OciError && error.code === 'unsupported') return undefined;
    throw error;
  }
}

/** A fallback tag as it is, and the entry that it has. */
interface Fallback {
  readonly name: string;
  readonly entry: Descriptor | undefined;
  readonly index: ImageIndex | undefined;
}

async function fallbackOf(
  { source, index }: StoredImage,
  subject: Descriptor,
  wanted: boolean | undefined,
): Promise<Fallback | undefined> {
  const entries = index.value.manifests;
  const isUsual = entries.some(entry => isIndexType(entry.mediaType) && fallbackDigest(entry) !== undefined);
  if (!(wanted ?? isUsual)) return undefined;
  const name = fallbackName(subject.digest);
  const entry = entries.find(listed => nameOf(listed) === name);
  if (entry !== undefined && !isIndexType(entry.mediaType))
    throw new OciError('conflict', source.subject, `expected an index named ${name}, got ${entry.mediaType}`);
  return { name, entry, index: entry === undefined ? undefined : (await readIndex(source, entry)).value };
}

/** The index of the layout with the artifact in it: under its name or without one, and in the fallback tag's index. */
function listed(
  index: ImageIndex,
  artifact: Document<Manifest>,
  {
    tag,
    fallback,
    made,
  }: { tag: string | undefined; fallback: Fallback | undefined; made: Document<ImageIndex> | undefined },
): ImageIndex {
  const entry = attachedEntry(artifact);
  const known = withUnnamed(index, entry);
  const named = tag === undefined ? { ...known, manifests: known.manifests } : withName(index, tag, entry);
  if (fallback === undefined || made === undefined) return withContainerdSubject(named, entry);
  const before = index.manifests.find(other => nameOf(other) === fallback.name);
  if (before?.digest !== fallback.entry?.digest)
    throw new OciError(
      'conflict',
      fallback.name,
      'expected the tag as it was read, got another: somebody has changed it',
      { hint: 'try again' },
    );
  // What the tag listed is in the new index: the old one is of no use to anybody.
  const manifests = named.manifests.filter(other => other !== before);
  return withName(withContainerdSubject({ ...named, manifests }, entry), fallback.name, made.descriptor);
}

/** An entry that is there without a name says what the artifact's own does. */
function withContainerdSubject(index: ImageIndex, entry: Descriptor): ImageIndex {
  return {
    ...index,
    manifests: index.manifests.map(other =>
      other.digest === entry.digest
        ? { ...other, ...entry, annotations: { ...other.annotations, ...entry.annotations } }
        : other,
    ),
  };
}

/**
 * Attaches files to an image, an index or another artifact in a layout: an artifact whose `subject` it is (image-spec manifest.md,
 * "Guidelines for Artifact Usage"), in a form that oras and containerd list, and regctl where the layout has fallback tags. What it
 * is about is not changed. With the same files and time it is the same artifact. Throws `usage`, `not-found`, `unsupported` for archives, and
 * `conflict` where a file changes while it is read.
 */
export async function attach(
  subject: ImageOperand,
  files: Several<AttachedFile>,
  options: AttachOptions = {},
): Promise<AttachResult> {
  checkCall('attach', { subject: ['operand', subject], files: [severalOf(attachedFile), files] }, options);
  const { platform, tag, annotations = [] } = options;
  const opened = await openStored(parseOperand(subject, 'read'), new OpenPlaces(options));
  if (tag !== undefined) newName(opened.place.path, tag);
  const about = platform === undefined ? opened.named : (await pickNamed(opened, options)).descriptor;
  await checkDescribed(opened.source, about);
  const created = timeOf(options.created) ?? (await createdOf(opened.source, about));
  const fallback = await fallbackOf(opened, about, options.fallbackTag);
  announce(options, 'attaching');
  return withLayout(opened.place.path, options, async into => {
    const stored: StoredFile[] = [];
    for (const file of allOf(files)) stored.push(await storeFile(into, file, options));
    const artifactType = artifactTypeOf(stored, options);
    const said = Object.fromEntries(annotations.map(parseAnnotation));
    const artifact = attachedManifest({ artifactType, subject: about, files: stored, annotations: said, created });
    const made = fallback === undefined ? undefined : withFallback(fallback.index, artifact);
    const warnings = [...checkMade(artifact, { subject: into.subject })];
    await into.put(once(emptyBlob));
    await into.put(once(artifact.bytes));
    if (made !== undefined) await into.put(once(made.bytes));
    await into.updateIndex(index => listed(index, artifact, { tag, fallback, made }));
    return {
      manifest: artifact.descriptor.digest,
      subject: about.digest,
      artifactType,
      files: stored,
      fallbackTag: fallback?.name ?? null,
      warnings,
    };
  });
}
