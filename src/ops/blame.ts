import { notFound, unsupported } from '../errors.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { encodeText, parsePath, textOf } from '../tree/path.ts';
import { type Step, storyCandidates, storyOf } from '../tree/story.ts';
import { path as pathKind } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import { layerViews } from './layer-views.ts';
import { lookInto } from './look.ts';
import type { BlameResult, BlameStep, LayerView } from './look-results.ts';
import type { ReadOptions } from './options.ts';
import { pathFields, textFields, viewOf } from './view.ts';

function stepView(step: Step, layers: readonly LayerView[]): BlameStep {
  const { kind, layer, path, by, before, after, reasons } = step;
  return {
    ...(layers[layer] as LayerView),
    kind,
    ...pathFields(path),
    ...(by === undefined ? {} : (textFields('by', `/${by}`) as Pick<BlameStep, 'by' | 'byBytes'>)),
    reasons,
    before: before === undefined ? null : viewOf(before),
    after: after === undefined ? null : viewOf(after),
  };
}

/**
 * The story of one path of an image: each layer that added, changed, hid or deleted it, bottom first, with its line of history.
 * Symbolic links above the path are followed as they led in each layer. Throws `not-found` where no layer ever had it.
 */
export async function blame(image: ImageOperand, path: string, options: ReadOptions = {}): Promise<BlameResult> {
  checkCall('blame', { image: ['operand', image], path: [pathKind, path] }, options);
  const look = await lookInto(image, options);
  const { subject, ofImage } = look;
  if (ofImage === undefined) throw unsupported(subject, 'an image, whose layers have a story', 'a root filesystem');
  const { layers, stack, digests } = { ...ofImage.stack, layers: layerViews(ofImage.image) };
  const place = parsePath(encodeText(path), subject);
  const known = await digests(storyCandidates(stack, place));
  const steps = storyOf(stack, place, { digests: known });
  if (steps.length === 0 && place !== '') throw notFound(subject, `'/${textOf(place)}' in some layer`);
  return { ...pathFields(place), steps: steps.map(step => stepView(step, layers)), warnings: look.warnings };
}
