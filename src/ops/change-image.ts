import { badOption, notFound, usage } from '../errors.ts';
import { changeGraph, type MetEntry } from '../graph/change-graph.ts';
import type { MadeSource } from '../graph/made-source.ts';
import type { ImageSource, ImageStore } from '../graph/source.ts';
import { listManifests } from '../graph/walk.ts';
import type { ImageEdit, Line } from '../image/edit-image.ts';
import { jsonText } from '../spec/document.ts';
import { isIndexType, isManifestType } from '../spec/media-type.ts';
import { nameOf } from '../spec/name.ts';
import type { Descriptor, Image, ImageIndex } from '../spec/objects.ts';
import { isKnownPlatform } from '../spec/platform.ts';
import { withLayout, withScratchLayout } from '../store/layout/new-layout.ts';
import { type NamedImage, openOperandToCopy, pickNamed, withNamed } from '../store/open-operand.ts';
import { type ImageOperand, parseOperand } from '../store/parse-operand.ts';
import { bringResult, changingParts } from './change-parts.ts';
import { type ChangePlace, ownName, parseChangePlace } from './change-place.ts';
import { leftBehind } from './left-behind.ts';
import type { ChangeOptions } from './options.ts';
import type { ChangedImage, ChangeResult } from './results.ts';
import { withResult } from './with-result.ts';
import { archiveRoot, writeImageArchive } from './write-image-archive.ts';

/** One image that is to be changed. */
export interface ChangePart {
  /** What messages call it: the operand, and the platform. */
  readonly subject: string;
  readonly source: ImageSource;
  readonly image: Image;
  /** Takes blobs of the result. Those of the image itself need not be brought. */
  readonly destination: Pick<MadeSource, 'put' | 'bring'>;
  /** What options say of the result, for a line of history that the change writes itself. */
  readonly edit: Omit<ImageEdit, 'config' | 'annotations'>;
}

/** What became of one image; what options say of it is still to be added. */
export interface ChangedPart<Details extends object> {
  readonly image: Image;
  /**
   * Which line of history there is to be: the change has written its `own`, or none, and options add none; a `line` for whatever
   * has changed; one only for what options change when absent.
   */
  readonly history?: 'own' | Line;
  readonly details: Details;
  readonly warnings?: readonly string[];
}

/** What a verb does to an image. */
export interface Change<Details extends object> {
  /** Whether the result holds the same files, so that what was attested of them holds on. */
  readonly keepsFiles: boolean;
  readonly change: (part: ChangePart) => Promise<ChangedPart<Details>>;
  /** How the place is read; as it is when absent. */
  readonly over?: (source: ImageSource) => ImageSource;
  /** Mends the entries of indexes, and the one that the image is (`changeGraph`). */
  readonly entry?: (entry: Descriptor, met: MetEntry) => Promise<Descriptor | undefined>;
  /** Whether the place lacks its `oci-layout`, and gets it where the result goes there. */
  readonly completes?: boolean;
  /** Changes the multi-platform index itself, where the result is one; `mediaType` is what it is listed as. */
  readonly index?: (index: ImageIndex, mediaType: string) => ImageIndex;
  /** Whether one image alone has nothing of what is asked for. */
  readonly needsIndex?: boolean;
}

/** What is to be changed: a root, and the images below it. */
interface Chosen {
  readonly root: Descriptor;
  readonly isChosen: (descriptor: Descriptor) => boolean;
  readonly warnings: readonly string[];
}

/** One image, or all of a multi-platform one. In its own place the others stay beside the one; elsewhere there is but the one. */
async function choose(opened: NamedImage, place: ChangePlace, options: ChangeOptions): Promise<Chosen> {
  const { named, subject } = opened;
  if (options.allPlatforms === true) {
    if (options.platform !== undefined)
      throw badOption('allPlatforms', 'expected no option platform beside it, got one');
    return { root: named, isChosen: () => true, warnings: [] };
  }
  const { descriptor } = await pickNamed(opened, options);
  const isWhole = place.kind === 'own' && place.name === undefined && isIndexType(named.mediaType);
  const isChosen = ({ digest }: Descriptor): boolean => digest === descriptor.digest;
  const isGuessed = options.platform === undefined && (await listManifests(opened.source, [named])).length > 1;
  const left = isWhole ? 'changed: the others stay beside it as they are' : 'taken: the others are not in what is made';
  const warning = `${subject}: only the image of one platform is ${left}`;
  return { root: isWhole ? named : descriptor, isChosen, warnings: isGuessed ? [warning] : [] };
}

/** The result, before anything names it. */
interface Made<Details extends object> {
  readonly root: Descriptor;
  readonly images: readonly (ChangedImage & Details)[];
  readonly warnings: readonly string[];
  readonly made: MadeSource;
}

/** Changes all that was chosen, into a store. */
async function make<Details extends object>(
  opened: NamedImage & Chosen,
  change: Change<Details>,
  { store, options }: { readonly store: ImageStore; readonly options: ChangeOptions },
): Promise<Made<Details>> {
  const { source, root, isChosen } = opened;
  if (change.needsIndex === true && !isIndexType(root.mediaType))
    throw usage(
      opened.subject,
      'expected a multi-platform image, whose index has annotations, got one image',
      isIndexType(opened.named.mediaType) ? 'give option allPlatforms, which takes the index along' : undefined,
    );
  const parts = changingParts(change, { subject: opened.subject, source, isChosen, store, options });
  const result = await changeGraph(source, root, { ...parts.graph, index: change.index });
  const { platforms, images, warnings, made } = parts;
  const [only] = platforms;
  if (only === undefined) throw notFound(opened.subject, 'an image');
  const isNew = result.descriptor.digest !== root.digest && isManifestType(root.mediaType);
  const entry = isNew && isKnownPlatform(only) ? { platform: only, ...result.descriptor } : result.descriptor;
  return { root: entry, images, warnings: [...opened.warnings, ...warnings, ...result.warnings], made };
}

/** Whether two entries say the same. */
const isSame = (one: Descriptor, other: Descriptor): boolean => jsonText(one) === jsonText(other);

/** Where a result is, and what is to be done there. */
interface Finish {
  readonly store: ImageStore;
  readonly place: ChangePlace;
  readonly name: string;
  readonly completes: boolean;
}

/** Names a result in the layout that it is in. */
async function finishLayout(
  opened: NamedImage,
  { root, made, images }: Made<object>,
  { store, place, name, completes }: Finish,
): Promise<readonly string[]> {
  const isOwn = place.kind === 'own';
  const isMoved = isOwn && place.name === undefined;
  if (isMoved && isSame(root, opened.named)) {
    if (completes) await store.updateIndex(index => index);
    return [];
  }
  const changed = images.filter(({ before, manifest }) => before !== manifest).map(({ before }): string => before);
  const warnings = isMoved ? [...leftBehind(opened, new Set([opened.named.digest, ...changed]))] : [];
  if (!isOwn) for (const warning of await bringResult(store, made, [root])) warnings.push(warning);
  // What several entries are together becomes a blob when it gets a name of its own.
  else if (!made.isMade(root)) await store.bring(made.source, root);
  await store.updateIndex(index => withResult(index, root, { name, moved: isMoved ? opened : undefined }));
  return warnings;
}

/** Does the work with the store that the place asks for, and names the result. */
async function changeInto<Details extends object>(
  opened: NamedImage & Chosen,
  change: Change<Details>,
  { place, options }: { readonly place: ChangePlace; readonly options: ChangeOptions },
): Promise<Made<Details> & { readonly name: string | null }> {
  if (place.kind === 'own' || place.kind === 'layout') {
    const name = place.name ?? ownName(opened);
    const completes = change.completes === true && place.kind === 'own';
    return withLayout(place.path, { ...options, completes }, async store => {
      const made = await make(opened, change, { store, options });
      const said = await finishLayout(opened, made, { store, place, name, completes });
      return { ...made, name, warnings: [...made.warnings, ...said] };
    });
  }
  return withScratchLayout(place.path, async store => {
    const made = await make(opened, change, { store, options });
    const { named, place: from } = opened;
    const root = archiveRoot(made.made.source, { entry: made.root, named, place: from }, place);
    const said = await writeImageArchive(place, [root], options);
    const name = place.name ?? root.name ?? nameOf(root.entry) ?? null;
    return { ...made, name, warnings: [...made.warnings, ...said] };
  });
}

/**
 * Changes an image, or one of several platforms, or all of them, and puts the result where the options say: opens the operand
 * once, gives each image to the change with a place for blobs, adds what options say, mends the indexes above, and names the
 * result by the one rule. Where the result is what was there, nothing is written but another name that was asked for. The place
 * is as it was where anything is wrong. Throws `usage`, `conflict` where somebody else moved the name meanwhile, and what `change` throws.
 */
export async function changeImage<Details extends object>(
  image: ImageOperand,
  options: ChangeOptions,
  change: Change<Details>,
): Promise<ChangeResult<Details>> {
  const parsed = parseOperand(image, 'read');
  const place = parseChangePlace(parsed, options);
  const read = await openOperandToCopy(parsed, place.path, options);
  try {
    const source = change.over?.(read.source) ?? read.source;
    const opened = await withNamed({ ...parsed, ...read, source });
    const chosen = await choose(opened, place, options);
    const made = await changeInto({ ...opened, ...chosen }, change, { place, options });
    return {
      manifest: made.root.digest,
      name: made.name,
      isChanged: !isSame(made.root, chosen.root),
      images: made.images,
      warnings: [...new Set(made.warnings)],
    };
  } finally {
    read.close();
  }
}
