import { invalid } from '../errors.ts';
import { annotationKeys } from '../spec/annotations.ts';
import type { Digest } from '../spec/digest.ts';
import { editedDocument } from '../spec/document.ts';
import type { History, Image } from '../spec/objects.ts';
import { formatPlatform } from '../spec/platform.ts';
import { withDocuments } from './edit-image.ts';
import { layersOf } from './layers.ts';
import { type Line, layerPositions, linesOf, withLines } from './lines.ts';
import type { MergeConflict, Three } from './merge.ts';
import { mergeConfigs } from './merge-config.ts';

/**
 * The position of the first layer of `base` that `image` has not in the same place, by diffIDs, so that it counts only what layers
 * are and not how they are stored; undefined where the image is made on the base.
 */
export function firstForeignLayer(image: Image, base: Image): number | undefined {
  const own = layersOf(image);
  const at = layersOf(base).findIndex(({ diffID }, position) => own[position]?.diffID !== diffID);
  return at < 0 ? undefined : at;
}

/** A line's instruction, in BuildKit's words and in those of the classic builder. */
const instructionOf = (row: History | undefined): string | undefined =>
  row?.created_by?.replace(/^\/bin\/sh -c #\(nop\)\s+/, '').split(' ', 1)[0];

/** Whether a line without a layer stands for one of the base: bases of the same layers may differ in what their labels say. */
function isInherited(own: Line | undefined, base: Line): boolean {
  if (own === undefined || own.layer !== undefined) return false;
  return instructionOf(own.row) === instructionOf(base.row);
}

/** The lines that an image has above its base: behind the base's last layer, and the lines without layers that the base ends with. */
function linesAbove(image: readonly Line[], base: readonly Line[]): readonly Line[] {
  const after = (lines: readonly Line[]): readonly Line[] => {
    const last = layerPositions(base).length;
    return last === 0 ? lines : lines.slice((layerPositions(lines)[last - 1] ?? -1) + 1);
  };
  const [own, ended] = [after(image), after(base)];
  const inherited = ended.findIndex((line, at) => !isInherited(own[at], line));
  return own.slice(inherited < 0 ? ended.length : inherited);
}

/** An image on another base. */
interface Rebased {
  readonly image: Image;
  readonly conflicts: readonly MergeConflict[];
}

/**
 * The image with the layers of `fresh` in the place of those of `old`, and a config as a rebuild would make it. The very same image
 * where both bases are the same document. Throws `invalid` where the image is not made on the old base, or the new one is for
 * another platform.
 */
export function rebaseImage({ old, own, fresh }: Three<Image>, subject: string): Rebased {
  const foreign = firstForeignLayer(own, old);
  if (foreign !== undefined)
    throw invalid(subject, 'an image that is made on the old base', `another layer ${foreign + 1}`);
  const [is, becomes] = [formatPlatform(own.config.value), formatPlatform(fresh.config.value)];
  const { os, architecture } = fresh.config.value;
  if (os !== own.config.value.os || architecture !== own.config.value.architecture)
    throw invalid(subject, `a new base for ${is}`, `one for ${becomes}`);
  if (old.manifest.descriptor.digest === fresh.manifest.descriptor.digest) return { image: own, conflicts: [] };
  const lines = [...linesOf(fresh), ...linesAbove(linesOf(own), linesOf(old))];
  const { config, conflicts } = mergeConfigs({
    old: old.config.value,
    own: own.config.value,
    fresh: fresh.config.value,
  });
  return { image: withLines(withDocuments(own, config, own.manifest.value), lines), conflicts };
}

/** The image with what it is made on named in its manifest. */
export function withBase(image: Image, base: { readonly digest: Digest; readonly name?: string }): Image {
  const { manifest } = image;
  const { [annotationKeys.baseName]: _name, ...others } = manifest.value.annotations ?? {};
  const annotations = {
    ...others,
    [annotationKeys.baseDigest]: base.digest,
    ...(base.name === undefined ? {} : { [annotationKeys.baseName]: base.name }),
  };
  return { ...image, manifest: editedDocument(manifest, { ...manifest.value, annotations }) };
}
