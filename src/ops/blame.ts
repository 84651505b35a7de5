import { notFound } from '../errors.ts';
import type { Operand } from '../store/parse-operand.ts';
import { encodeText, parsePath, textOf } from '../tree/path.ts';
import { type Step, storyCandidates, storyOf } from '../tree/story.ts';
import { path as pathKind } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import { lookInto } from './look.ts';
import type { BlameResult, BlameStep, LayerView, NoLayer } from './look-results.ts';
import type { ReadOptions } from './options.ts';
import { pathFields, textFields, viewOf } from './view.ts';

/** What made all of a root filesystem that is no image. */
const noLayer: NoLayer = {
  layer: null,
  digest: null,
  diffID: null,
  size: null,
  created: null,
  createdBy: '',
  comment: '',
};

function stepView(step: Step, layers: readonly LayerView[]): BlameStep {
  const { kind, layer, path, by, before, after, reasons } = step;
  return {
    ...(layers[layer] ?? noLayer),
    kind,
    ...pathFields(path),
    ...(by === undefined ? {} : (textFields('by', `/${by}`) as Pick<BlameStep, 'by' | 'byBytes'>)),
    reasons,
    before: before === undefined ? null : viewOf(before),
    after: after === undefined ? null : viewOf(after),
  };
}

/**
 * The story of one path: each layer of an image that added, changed, hid or deleted it, bottom first, with its line of history; what is no image is
 * one step, of no layer. Symbolic links above the path are followed as they led in each layer. Throws `not-found` where no layer ever had it.
 */
export async function blame(rootfs: Operand, path: string, options: ReadOptions = {}): Promise<BlameResult> {
  checkCall('blame', { rootfs: ['operand', rootfs], path: [pathKind, path] }, options);
  const look = await lookInto(rootfs, options);
  const { subject, image, stack, layers, digests } = look;
  const place = parsePath(encodeText(path), subject);
  const known = await digests(storyCandidates(stack, place));
  const steps = storyOf(stack, place, { digests: known });
  if (steps.length === 0 && place !== '')
    throw notFound(subject, `'/${textOf(place)}'${image === undefined ? '' : ' in some layer'}`);
  return { ...pathFields(place), steps: steps.map(step => stepView(step, layers)), warnings: look.warnings };
}
