import { type GraphChange, platformOf } from '../graph/change-graph.ts';
import { copyBlobs, missingBlobs, neededBlobs } from '../graph/copy-graph.ts';
import { type MadeSource, madeSource } from '../graph/made-source.ts';
import { proveImage, proveKept } from '../graph/prove-image.ts';
import type { ImageSource, ImageStore } from '../graph/source.ts';
import { checkMade } from '../graph/store-document.ts';
import type { Descriptor, Image, Platform } from '../spec/objects.ts';
import { formatPlatform } from '../spec/platform.ts';
import { editOf, withOptions } from './change-edit.ts';
import type { Change } from './change-image.ts';
import type { ChangeOptions } from './options.ts';
import type { ChangedImage } from './results.ts';

/** A change of images of one place, as their graph is gone over. */
export interface ChangingParts<Details extends object> {
  readonly made: MadeSource;
  /** What it does to the graph. */
  readonly graph: Omit<GraphChange, 'index'>;
  /** What has become of each image so far. */
  readonly images: readonly (ChangedImage & Details)[];
  readonly platforms: readonly Platform[];
  readonly warnings: readonly string[];
}

/** Where a change reads, what is to be changed there, where blobs of the result go, and what is said of it. */
interface ChangePlaces {
  /** What messages call all of it. */
  readonly subject: string;
  readonly source: ImageSource;
  readonly isChosen: (descriptor: Descriptor) => boolean;
  readonly store: ImageStore;
  readonly options: ChangeOptions;
}

/** Begins a change: each image is proved, changed, given what options say, and kept with its documents. */
export function changingParts<Details extends object>(
  change: Change<Details>,
  { subject, source, isChosen, store, options }: ChangePlaces,
): ChangingParts<Details> {
  const made = madeSource(source, store);
  const images: (ChangedImage & Details)[] = [];
  const platforms: Platform[] = [];
  const warnings: string[] = [];
  const changeOne = async (image: Image): Promise<Image> => {
    if (source.isConverted === true) await proveImage(source, image);
    const called = `${subject} (${formatPlatform(platformOf(image))})`;
    const part = await change.change({ subject: called, source, image, destination: made, edit: editOf(options) });
    await proveKept(source, image, part.image);
    const result = withOptions(image, part, options);
    for (const warning of part.warnings ?? []) warnings.push(warning);
    platforms.push(platformOf(result));
    images.push({
      platform: formatPlatform(platformOf(result)),
      before: image.manifest.descriptor.digest,
      manifest: result.manifest.descriptor.digest,
      imageID: result.config.descriptor.digest,
      ...part.details,
    });
    return result;
  };
  const graph = {
    isChosen,
    change: changeOne,
    keepsFiles: change.keepsFiles,
    entry: change.entry,
    async put(document: Parameters<GraphChange['put']>[0], base: Parameters<GraphChange['put']>[1]) {
      for (const warning of checkMade(document, { subject: store.subject, base })) warnings.push(warning);
      await made.keep(document);
    },
  };
  return { made, graph, images, platforms, warnings };
}

/** Brings all that a result needs into another layout than its own. Answers what is listed and not there. */
export async function bringResult(
  store: ImageStore,
  { source, isMade }: MadeSource,
  roots: readonly Descriptor[],
): Promise<readonly string[]> {
  const needed = await neededBlobs(source, roots);
  await copyBlobs(source, { ...needed, blobs: needed.blobs.filter(blob => !isMade(blob)) }, store);
  return missingBlobs(needed, source);
}
