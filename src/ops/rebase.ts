import { badOption, OciError } from '../errors.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { listLayer } from '../graph/layer-listing.ts';
import { readMergedTree } from '../graph/merged-tree.ts';
import { objectionsOf, runImageOf, withRunImage } from '../image/buildpacks.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import type { MergeConflict } from '../image/merge.ts';
import { rebaseImage, withBase } from '../image/rebase.ts';
import { annotationKeys } from '../spec/annotations.ts';
import { isIndexType } from '../spec/media-type.ts';
import { nameOf } from '../spec/name.ts';
import type { Descriptor, Image, ImageIndex } from '../spec/objects.ts';
import { sizeOf } from '../spec/sizes.ts';
import { type OpenedImage, OpenPlaces, openNamed } from '../store/open-operand.ts';
import { type ImageOperand, subjectOf } from '../store/parse-operand.ts';
import { announce, Pace } from '../stream/pace.ts';
import type { LayerEntry, Path } from '../tree/node.ts';
import { shortTextOf } from '../tree/path.ts';
import { type Stacked, stackOn } from '../tree/stacked-on.ts';
import { find } from '../tree/walk.ts';
import { isLowestLayers, knownBase, openBaseFor, provenForeignLayer } from './base-image.ts';
import { type ChangedPart, type ChangePart, changeImage } from './change-image.ts';
import { checkCall } from './check-call.ts';
import type { RebaseOptions } from './layer-options.ts';
import type { RebasedImage, RebaseResult } from './layer-results.ts';
import { checkWarnings } from './strict.ts';

/** What an operand is called where an image names its base: a full name, if it has one. */
function baseNameOf(named: Descriptor): string | undefined {
  const name = nameOf(named);
  return name?.includes('/') === true ? name : undefined;
}

const shown = (path: Path): string => `/${shortTextOf(path)}`;

/** Databases of packages: who brings one of their own hides what the base says of its packages. */
const databases: readonly Path[] = [
  'var/lib/dpkg/status',
  'lib/apk/db/installed',
  'usr/lib/apk/db/installed',
  'var/lib/rpm/rpmdb.sqlite',
  'var/lib/rpm/Packages',
  'usr/lib/sysimage/rpm/rpmdb.sqlite',
];

function warningsFor({ replaced, hidden }: Stacked, own: readonly Path[]): readonly string[] {
  return [
    ...replaced.map(
      ({ path, before, after }) =>
        `${shown(path)} is a ${after} in the new base, and was a ${before}: the image's layers reach it or stand in its place`,
    ),
    ...hidden.map(path => `${shown(path)} is new in the new base, and a whiteout of the image's hides it`),
    ...own.map(path => `${shown(path)} is the image's own: it does not name what the new base has`),
  ];
}

/** Reads both bases and the layers above, so that every diffID is proved, and looks for what the layers do not find. */
async function inspect(
  part: ChangePart,
  { count, base }: { readonly count: number; readonly base: OpenedImage },
  options: RebaseOptions,
): Promise<readonly string[]> {
  const layers = layersOf(part.image);
  const fresh = layersOf(base.image);
  announce(options, 'rebasing', sizeOf(blobsOf(layers)) + sizeOf(blobsOf(fresh)));
  const old = await readMergedTree(part.source, layers.slice(0, count));
  const tree = await readMergedTree(base.source, fresh);
  const above: (readonly LayerEntry[])[] = [];
  for (const layer of layers.slice(count)) above.push((await listLayer(part.source, layer)).entries);
  const stacked = await new Pace(options.signal).run(stackOn(tree, old, above));
  const [first] = stacked.broken;
  if (first !== undefined) {
    const link = `layer ${count + first.layer + 1} links '${shown(first.path)}' to '${shown(first.target)}'`;
    throw new OciError(
      'conflict',
      part.subject,
      `expected a new base with all that upper layers link to, got another: ${link}`,
    );
  }
  const own = new Set(above.flat().flatMap(({ kind, path }) => (kind === 'node' ? [path] : [])));
  const hidden = databases.filter(path => own.has(path) && find(tree, path) !== undefined);
  return warningsFor(stacked, hidden);
}

function notesOf(conflicts: readonly MergeConflict[]): readonly string[] {
  if (conflicts.length === 0) return [];
  const fields = conflicts.map(({ field }) => field).join(', ');
  return [`the image and its new base both say otherwise than the old base of ${fields}: the image's word stays`];
}

/** The image that a base is, for as much as is known of it: what is named and proved to be below, or the lowest layers that the image itself says are the base's. */
async function oldBaseOf(
  part: ChangePart,
  known: Awaited<ReturnType<typeof knownBase>>,
  { fresh, places }: { readonly fresh: Image; readonly places: OpenPlaces },
): Promise<Image> {
  if (isLowestLayers(known)) return runImageOf(part.image, known.layers, fresh);
  const old = await openBaseFor(known, part.image, places);
  const foreign = await provenForeignLayer(part, old);
  if (foreign === undefined) return old.image;
  throw new OciError(
    'conflict',
    part.subject,
    `expected an image that is made on ${subjectOf(known)}, got another layer ${foreign + 1}`,
  );
}

/** What the image's labels and the new base's say against it, which is an error or, where it is forced, a warning. */
function checkObjections({ subject, image }: ChangePart, fresh: Image, force: boolean | undefined): readonly string[] {
  const objections = objectionsOf(image.config.value, fresh.config.value);
  const [first] = objections;
  if (first !== undefined && force !== true)
    throw new OciError('conflict', subject, `expected ${first[0]}, got ${first[1]}`, {
      hint: 'option force rebases it all the same',
    });
  return objections.map(([expected, got]) => `expected ${expected}, got ${got}: rebased all the same`);
}

async function rebasePart(
  part: ChangePart,
  image: ImageOperand,
  {
    options,
    places,
  }: { readonly options: RebaseOptions & { readonly newBase: ImageOperand }; readonly places: OpenPlaces },
): Promise<ChangedPart<RebasedImage>> {
  const known = options.oldBase ?? (await knownBase(part.image, image, places));
  const base = await openBaseFor(options.newBase, part.image, places);
  const old = await oldBaseOf(part, known, { fresh: base.image, places });
  const objections = checkObjections(part, base.image, options.force);
  const { image: rebased, conflicts } = rebaseImage({ old, own: part.image, fresh: base.image }, part.subject);
  const count = layersOf(old).length;
  const details = { oldLayers: count, newLayers: layersOf(base.image).length, conflicts };
  const warnings = await inspect(part, { count, base }, options);
  if (rebased === part.image) return { image: rebased, details };
  checkWarnings(warnings, options.strict);
  await part.destination.bring(base.source, blobsOf(layersOf(base.image)));
  const name = baseNameOf(base.named);
  const named = { digest: base.named.digest, ...(name === undefined ? {} : { name }) };
  return {
    image: withBase(withRunImage(rebased, { old, fresh: base.image, name }), named),
    details,
    warnings: [
      ...(await warningsOf(base.source, blobsOf(layersOf(base.image)))),
      ...objections,
      ...warnings,
      ...notesOf(conflicts),
    ],
  };
}

/**
 * Puts an image onto another base: the new base's layers in the place of the old one's, which are told by diffID, all above as it
 * is, and a config as a rebuild would make it (what the image set itself stays, what it inherited follows the new base). Each platform is
 * paired with the same one of both bases. Attestations of the old image are left out. Throws `conflict` where the image is not made on
 * the old base, its labels speak against it, or its layers link to what the new base has not, `not-found` where a base lacks the platform.
 */
export async function rebase(image: ImageOperand, options: RebaseOptions = {}): Promise<RebaseResult> {
  checkCall('rebase', { image: ['operand', image] }, options);
  const { newBase } = options;
  if (newBase === undefined) throw badOption('newBase', 'expected an image, got none');
  const places = new OpenPlaces(options);
  const index = await indexChange(image, newBase, { options, places });
  return changeImage(image, options, {
    keepsFiles: false,
    change: part => rebasePart(part, image, { options: { ...options, newBase }, places }),
    ...(index === undefined ? {} : { index }),
  });
}

/** What becomes of a multi-platform image that names its base: it names the new one, where all of it is rebased onto one of several platforms. */
async function indexChange(
  image: ImageOperand,
  newBase: ImageOperand,
  { options, places }: { readonly options: RebaseOptions; readonly places: OpenPlaces },
): Promise<((index: ImageIndex) => ImageIndex) | undefined> {
  if (options.allPlatforms !== true) return undefined;
  const [own, base] = [await openNamed(image, places), await openNamed(newBase, places)];
  if (!isIndexType(own.named.mediaType) || !isIndexType(base.named.mediaType)) return undefined;
  const old = options.oldBase === undefined ? undefined : await openNamed(options.oldBase, places);
  if (old?.named.digest === base.named.digest) return undefined;
  return index => withIndexBase(index, base.named);
}

function withIndexBase(index: ImageIndex, { digest }: Descriptor): ImageIndex {
  const annotations = index.annotations ?? {};
  const known = annotations[annotationKeys.baseDigest];
  if (known === undefined || known === digest) return index;
  const { [annotationKeys.baseName]: _name, ...others } = annotations;
  return { ...index, annotations: { ...others, [annotationKeys.baseDigest]: digest } };
}
