import { jsonText, parseJson } from '../spec/document.ts';
import type { Image, ImageConfig, Json } from '../spec/objects.ts';
import { tryReference } from '../spec/reference.ts';
import { withDocuments } from './edit-image.ts';
import { layersOf } from './layers.ts';
import { layerPositions, linesOf, withLines } from './lines.ts';

/*
 * What images that buildpacks have made say of themselves in labels, and what their lifecycle does with it when it puts such an
 * image onto another base (a run image).
 */

const metadataLabel = 'io.buildpacks.lifecycle.metadata';
const rebasableLabel = 'io.buildpacks.rebasable';
const distroLabels: readonly string[] = ['io.buildpacks.base.distro.name', 'io.buildpacks.base.distro.version'];

type Fields = { readonly [name: string]: Json | undefined };

const labelOf = ({ config }: ImageConfig, name: string): string | undefined => {
  const value: unknown = config?.Labels?.[name];
  return typeof value === 'string' ? value : undefined;
};

const isFields = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The metadata and what they say of the run image; undefined where there are none that can be read. */
function metadataOf(config: ImageConfig): { readonly all: Fields; readonly runImage: Fields } | undefined {
  const text = labelOf(config, metadataLabel);
  if (text === undefined) return undefined;
  let all: Json;
  try {
    all = parseJson(new TextEncoder().encode(text), metadataLabel);
  } catch {
    return undefined;
  }
  const runImage = isFields(all) ? all['runImage'] : undefined;
  return isFields(all) && isFields(runImage) ? { all, runImage } : undefined;
}

/** How many of the lowest layers are the run image's, as the image's label says; undefined where it names no layer of the image. */
export function runImageLayers(image: Image): number | undefined {
  const top = metadataOf(image.config.value)?.runImage['topLayer'];
  const at = layersOf(image).findIndex(({ diffID }) => diffID === top);
  return at < 0 ? undefined : at + 1;
}

/**
 * What is known of a base that nobody has named: its layers and lines are the image's lowest ones. Its config is taken to be that of the new
 * base, by which all that the image says is its own.
 */
export function runImageOf(image: Image, layers: number, fresh: Image): Image {
  const lines = linesOf(image);
  const { rootfs } = image.config.value;
  const config = { ...fresh.config.value, rootfs };
  return withLines(
    withDocuments(image, config, image.manifest.value),
    lines.slice(0, (layerPositions(lines)[layers - 1] ?? -1) + 1),
  );
}

/** Labels that say what the run image is: they are not the own ones of an image that buildpacks have made. */
export const isOfRunImage = (label: string): boolean => /^io\.buildpacks\.(?:stack|base)\./.test(label);

/** Whether labels say that buildpacks have made an image, or that it stands on a base that they make images on. */
export const isOfBuildpacks = (own: ReadonlyMap<string, unknown>, base: ReadonlyMap<string, unknown>): boolean =>
  own.has(metadataLabel) || [...base.keys()].some(isOfRunImage);

/** Why an image is not put onto a base, each as what was expected and what there is. */
export function objectionsOf(
  own: ImageConfig,
  fresh: ImageConfig,
): readonly (readonly [expected: string, got: string])[] {
  const others = distroLabels.flatMap(label => {
    const [is, becomes] = [labelOf(own, label), labelOf(fresh, label)];
    if (!is || !becomes || is === becomes) return [];
    return [[`a new base with label ${label}=${is}`, `one with ${becomes}`] as const];
  });
  if (labelOf(own, rebasableLabel) !== 'false') return others;
  return [['an image that may be rebased', `label ${rebasableLabel}=false`], ...others];
}

/** The metadata of an image that stands on another run image: they name its top layer and its manifest, all else in them stays. */
export function withRunImage(
  image: Image,
  { old, fresh, name }: { readonly old: Image; readonly fresh: Image; readonly name: string | undefined },
): Image {
  const { value } = image.config;
  const metadata = metadataOf(value);
  const [before, after] = [old, fresh].map(base => layersOf(base).at(-1)?.diffID);
  // A base below the run image leaves its top layer where it is.
  if (metadata === undefined || after === undefined || metadata.runImage['topLayer'] !== before) return image;
  const { digest } = fresh.manifest.descriptor;
  const { domain, path } = (name === undefined ? undefined : tryReference(name)) ?? {};
  const reference = domain === undefined ? digest : `${domain}/${path}@${digest}`;
  const text = jsonText({ ...metadata.all, runImage: { ...metadata.runImage, topLayer: after, reference } });
  const Labels = { ...value.config?.Labels, [metadataLabel]: text };
  return withDocuments(image, { ...value, config: { ...value.config, Labels } }, image.manifest.value);
}
