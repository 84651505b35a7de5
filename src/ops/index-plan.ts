import { OciError, unsupported, usage } from '../errors.ts';
import { checkDescribed } from '../graph/check-described.ts';
import { readIndex } from '../graph/image-reader.ts';
import { indexEntries } from '../graph/index-entries.ts';
import {
  annotatedEntries,
  areAlike,
  entriesMeant,
  type IndexWords,
  newIndex,
  withEntries,
  without,
  withWords,
} from '../image/index-edit.ts';
import { parseAnnotation } from '../spec/annotations.ts';
import { editedDocument, encodeDocument } from '../spec/document.ts';
import { isIndexType, mediaTypes } from '../spec/media-type.ts';
import { nameOf, withoutNames } from '../spec/name.ts';
import type { Descriptor, Document, ImageIndex } from '../spec/objects.ts';
import { formatPlatform, parsePlatform } from '../spec/platform.ts';
import { isDigestPrefix } from '../store/image-place.ts';
import { type NamedImage, type OpenPlaces, openNamed } from '../store/open-operand.ts';
import { placeKey } from '../store/open-source.ts';
import { type ImageOperand, parseNewImage } from '../store/parse-operand.ts';
import { entriesOf, NestedEdit, type RewrittenIndex, readNested, replacing } from './index-nested.ts';
import type { IndexOptions } from './options.ts';

/** One image, or the multi-platform index, that was named. */
interface Operand {
  readonly opened: NamedImage;
  readonly entries: readonly Descriptor[];
  readonly key: string;
}

async function openOperands(
  images: readonly ImageOperand[],
  places: OpenPlaces,
  { platforms = [], nest, entryAnnotations = [] }: IndexOptions,
): Promise<readonly Operand[]> {
  const operands: Operand[] = [];
  const said = Object.fromEntries(entryAnnotations.map(parseAnnotation));
  for (const image of images) {
    const opened = await openNamed(image, places);
    const isNested = nest === true && isIndexType(opened.named.mediaType);
    const taken = { platforms: platforms.map(parsePlatform), isNested };
    const entries = await indexEntries(opened.source, opened.named, taken);
    operands.push({ opened, entries: annotatedEntries(entries, said), key: placeKey(opened.place) });
  }
  return operands;
}

/** A sentence for each two operands that bring different images for one platform. */
function rivals(operands: readonly Operand[], outcome: string): readonly string[] {
  const listed = operands.flatMap(({ opened, entries }) => entries.map(entry => ({ entry, subject: opened.subject })));
  return listed.flatMap(({ entry, subject }, at) => {
    const other = listed
      .slice(0, at)
      .find(before => areAlike(before.entry, entry) && before.entry.digest !== entry.digest);
    if (other === undefined || entry.platform == null) return [];
    return [`${other.subject} and ${subject}: both are for ${formatPlatform(entry.platform)}: ${outcome}`];
  });
}

async function wordsOf(options: IndexOptions, places: OpenPlaces): Promise<IndexWords> {
  const { annotations = [], artifactType, subject } = options;
  const opened = subject === undefined ? undefined : await openNamed(subject, places);
  const about = opened?.named;
  if (opened !== undefined) await checkDescribed(opened.source, opened.named);
  return {
    artifactType,
    annotations: annotations.length === 0 ? undefined : Object.fromEntries(annotations.map(parseAnnotation)),
    subject: about === undefined ? undefined : { mediaType: about.mediaType, digest: about.digest, size: about.size },
  };
}

/** The index that is to be changed: it has to be there under a name. */
export async function openTarget(
  target: ImageOperand,
  places: OpenPlaces,
): Promise<NamedImage & { readonly document: Document<ImageIndex> }> {
  const opened = await openNamed(target, places);
  if (!isIndexType(opened.named.mediaType))
    throw unsupported(opened.subject, 'a multi-platform index', opened.named.mediaType, {
      hint: 'index create makes one',
    });
  return { ...opened, document: await readIndex(opened.source, opened.named) };
}

/** The document with other entries and words; an index of docker's that is none any more becomes OCI's. */
function changedDocument(
  document: Document<ImageIndex>,
  entries: readonly Descriptor[],
  words: IndexWords,
): Document<ImageIndex> {
  if (entries.length === 0)
    throw usage('index', 'expected an image to be left in the index, got none', 'untag takes its name away');
  const value = withWords({ ...document.value, manifests: entries }, words);
  const { mediaType = document.descriptor.mediaType } = newIndex(entries, words);
  const isSame = document.descriptor.mediaType !== mediaTypes.dockerIndex || mediaType === mediaTypes.dockerIndex;
  return isSame ? editedDocument(document, value) : encodeDocument({ ...value, mediaType }, mediaType);
}

/** What is to come of a call. */
export interface Planned {
  readonly place: { readonly path: string; readonly name: string };
  readonly root: Descriptor;
  /** Absent where an index is taken as it is. */
  readonly document: Document<ImageIndex> | undefined;
  readonly base?: NamedImage & { readonly document: Document<ImageIndex> };
  readonly operands: readonly Operand[];
  /** Indexes that the document lists and that are written anew with it. */
  readonly nested?: readonly RewrittenIndex[];
  readonly warnings?: readonly string[];
}

export async function planCreate(
  target: ImageOperand,
  images: readonly ImageOperand[],
  { places, ...options }: IndexOptions & { readonly places: OpenPlaces },
): Promise<Planned> {
  const { place } = parseNewImage(target);
  const operands = await openOperands(images, places, options);
  const words = await wordsOf(options, places);
  const entries = operands.flatMap(operand => operand.entries);
  const [only] = operands;
  if (only === undefined) throw usage('images', 'expected an image to list, got none');
  const named = { path: place.path, name: place.name ?? 'latest' };
  const isPlain =
    Object.values(words).every(word => word === undefined) &&
    options.nest !== true &&
    (options.entryAnnotations ?? []).length === 0;
  if (operands.length === 1 && isIndexType(only.opened.named.mediaType) && isPlain) {
    const { value } = await readIndex(only.opened.source, only.opened.named);
    // All of an index, and nothing said of it: its very bytes.
    if ((options.platforms ?? []).length === 0 || value.manifests.length === entries.length)
      return {
        place: named,
        root: withoutNames(only.opened.named),
        document: undefined,
        operands: [{ ...only, entries: [only.opened.named] }],
      };
  }
  if (entries.length === 0) throw usage('images', 'expected an image to list, got an empty index');
  const value = newIndex(entries, words);
  const document = encodeDocument(value, value.mediaType ?? mediaTypes.index);
  const warnings = rivals(operands, 'both are listed, engines take the first');
  return { place: named, root: document.descriptor, document, operands, warnings };
}

/** The digests that `remove` is told: those that images have, or digests themselves. */
async function digestsOf(
  images: readonly ImageOperand[],
  entries: readonly Descriptor[],
  places: OpenPlaces,
): Promise<readonly string[]> {
  const digests: string[] = [];
  for (const image of images) {
    const text = typeof image === 'string' ? image.replace(/^@/, '') : '';
    const matching = isDigestPrefix(text)
      ? entries.filter(({ digest }) => digest.startsWith(text) || digest.split(':')[1]?.startsWith(text))
      : [];
    if (matching.length > 1) throw usage(text, 'expected one entry, got several whose digests begin so');
    digests.push(matching[0]?.digest ?? (await openNamed(image, places)).named.digest);
  }
  return digests;
}

type Base = NonNullable<Planned['base']>;

/** Takes entries away, of nested indexes as well. */
async function planRemove(
  base: Base,
  { images, places, words, platforms = [] }: ChangePlan,
): Promise<Pick<Planned, 'document' | 'nested' | 'operands'>> {
  const before = base.document.value.manifests;
  const nested = await readNested(base.source, before);
  const all = [...before, ...entriesOf(nested)];
  const wanted = { digests: await digestsOf(images, all, places), platforms: platforms.map(parsePlatform) };
  const { meant, unknown } = entriesMeant(all, wanted);
  const [first] = unknown;
  if (first !== undefined)
    throw new OciError(
      'not-found',
      base.subject,
      `expected an entry ${typeof first === 'string' ? first : `for ${formatPlatform(first)}`}, got none`,
    );
  const edit = new NestedEdit(nested, entries => without(entries, meant));
  const entries = edit.entries(without(before, meant));
  return { document: changedDocument(base.document, entries, words), nested: edit.made, operands: [] };
}

/** Puts entries in, in the place of others for the same platforms, in nested indexes as well. */
async function planAdd(
  base: Base,
  { images, places, words, ...options }: ChangePlan,
): Promise<Pick<Planned, 'document' | 'nested' | 'operands' | 'warnings'>> {
  const before = base.document.value.manifests;
  const operands = await openOperands(images, places, options);
  const itself = operands.find(({ opened }) => opened.named.digest === base.named.digest);
  if (itself !== undefined) throw usage(itself.opened.subject, 'expected another image, got the index itself');
  const added = operands.flatMap(({ entries }) => entries);
  const nested = await readNested(base.source, before);
  const inside = entriesOf(nested);
  const isNested = (entry: Descriptor): boolean =>
    !before.some(one => areAlike(one, entry)) && inside.some(one => areAlike(one, entry));
  const edit = replacing(nested, added.filter(isNested));
  const entries = withEntries(
    edit.entries(before),
    added.filter(entry => !isNested(entry)),
  );
  return {
    document: changedDocument(base.document, entries, words),
    nested: edit.made,
    operands,
    warnings: rivals(operands, 'the later one takes the place of the other'),
  };
}

type ChangePlan = IndexOptions & {
  readonly images: readonly ImageOperand[];
  readonly places: OpenPlaces;
  readonly words: IndexWords;
};

export async function planChange(
  action: 'add' | 'remove',
  target: ImageOperand,
  options: Omit<ChangePlan, 'words'>,
): Promise<Planned> {
  const base = await openTarget(target, options.places);
  const name = base.entries.length === 0 ? undefined : nameOf(base.named);
  if (name === undefined) throw usage(base.subject, 'expected an index with a name, got one without');
  const plan = { ...options, words: await wordsOf(options, options.places) };
  const planned = await (action === 'remove' ? planRemove(base, plan) : planAdd(base, plan));
  const { document = base.document } = planned;
  return { ...planned, place: { path: base.place.path, name }, base, root: document.descriptor };
}
