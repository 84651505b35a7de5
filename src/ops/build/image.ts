import type { Plan } from '../../dockerfile/plan/plan.ts';
import { withDocuments } from '../../image/edit-image.ts';
import { mediaTypesFor } from '../../image/image-kind.ts';
import { type Line, linesOf, withLines } from '../../image/lines.ts';
import { annotationKeys } from '../../spec/annotations.ts';
import { encodeDocument } from '../../spec/document.ts';
import type { Annotations, Image, ImageConfig, Manifest } from '../../spec/objects.ts';
import type { BuildBase } from './bases.ts';
import type { Done } from './steps.ts';

/** What BuildKit writes beside each line of history. */
const comment = 'buildkit.dockerfile.v0';
const { baseDigest, baseName, created: createdKey, refName } = annotationKeys;
/** True of the base only. */
const ownAnnotations: ReadonlySet<string> = new Set([baseDigest, baseName, createdKey, refName]);

interface Made {
  readonly plan: Plan;
  readonly base: BuildBase | undefined;
  /** By the places of their steps. */
  readonly done: readonly Pick<Done, 'layer' | 'created'>[];
  /** RFC 3339: the time of everything that is new, where one is set. */
  readonly fixed: string | undefined;
  readonly annotations: Annotations;
}

/** The image of a plan whose steps are done: the base's history and fields that nothing speaks of, and the plan's. */
export function builtImage({ plan, base, done, fixed, annotations }: Made): Image {
  const below = base?.image ?? emptyImage(plan);
  const times = timesOf(plan.history, { done, fixed, base: below.config.value });
  const lines = plan.history.map(({ createdBy, step }, at): Line => {
    const created = times[at];
    const row = { ...(created === undefined ? {} : { created }), created_by: createdBy, comment };
    return step === undefined ? { row: { ...row, empty_layer: true } } : { row, layer: done[step]?.layer };
  });
  const image = lines.length === 0 ? below : withLines(below, [...linesOf(below), ...lines]);
  const { subject: _subject, ...manifest } = image.manifest.value;
  return withDocuments(image, configOf(image.config.value, plan, fixed ?? times.at(-1)), {
    ...manifest,
    ...annotationsOf(base, { plan, annotations }),
  });
}

/** When each line was made: a layer's, of what only says something the layer's before it, else the first new layer's, else the base's. */
function timesOf(
  history: Plan['history'],
  { done, fixed, base }: Pick<Made, 'done' | 'fixed'> & { readonly base: ImageConfig },
): readonly (string | undefined)[] {
  const own = history.map(({ step }) => (step === undefined ? undefined : done[step]?.created));
  let last = own.find(time => time !== undefined) ?? base.created ?? undefined;
  return own.map(time => {
    last = time ?? last;
    return fixed ?? last;
  });
}

function configOf(base: ImageConfig, plan: Plan, created: string | undefined): ImageConfig {
  const { created: before, author: _author, variant: _variant, ...kept } = base;
  const time = created ?? before;
  const { os, architecture, variant } = plan.platform;
  return {
    ...(time == null ? {} : { created: time }),
    ...(plan.author === undefined ? {} : { author: plan.author }),
    ...kept,
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    config: plan.config,
  };
}

function annotationsOf(
  base: BuildBase | undefined,
  { plan, annotations }: Pick<Made, 'plan' | 'annotations'>,
): Pick<Manifest, 'annotations'> {
  const kept = Object.entries(base?.image.manifest.value.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key));
  const said: [string, string][] =
    base === undefined || plan.base === undefined
      ? []
      : [
          [baseName, plan.base.name],
          [baseDigest, base.image.manifest.descriptor.digest],
        ];
  const all = [...kept, ...said, ...Object.entries(annotations)];
  return all.length === 0 ? {} : { annotations: Object.fromEntries(all) };
}

/** What scratch is. */
function emptyImage({ platform }: Plan): Image {
  const types = mediaTypesFor('oci');
  const { os, architecture } = platform;
  const config = encodeDocument<ImageConfig>(
    { architecture, os, rootfs: { type: 'layers', diff_ids: [] }, history: [] },
    types.config,
  );
  const manifest: Manifest = { schemaVersion: 2, mediaType: types.manifest, config: config.descriptor, layers: [] };
  return { config, manifest: encodeDocument(manifest, types.manifest) };
}
