import { badOption, usage } from '../errors.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { readTreeStack } from '../graph/tree-stack.ts';
import { historyLine } from '../image/edit-image.ts';
import { parseLayerRange, positionsIn } from '../image/layer-range.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { linesOf, withLines } from '../image/lines.ts';
import { squashLines } from '../image/squash.ts';
import { sizeOf } from '../spec/sizes.ts';
import { OpenPlaces } from '../store/open-operand.ts';
import { type ImageOperand, subjectOf } from '../store/parse-operand.ts';
import { announce } from '../stream/pace.ts';
import { openBaseFor, provenForeignLayer } from './base-image.ts';
import { type ChangedPart, type ChangePart, changeImage } from './change-image.ts';
import { checkCall } from './check-call.ts';
import { foldLayers } from './fold-layers.ts';
import type { SquashOptions } from './layer-options.ts';
import type { SquashedLayers, SquashResult } from './layer-results.ts';

/** Positions of layers: `from` up to before `to`. */
interface Positions {
  readonly from: number;
  readonly to: number;
}

async function positionsOf(part: ChangePart, options: SquashOptions, places: OpenPlaces): Promise<Positions> {
  const count = layersOf(part.image).length;
  if (options.layers !== undefined) {
    const range = parseLayerRange(options.layers);
    if (range === undefined) throw badOption('layers', `expected A..B, got '${options.layers}'`);
    return positionsIn(range, count);
  }
  if (options.fromBase === undefined) return { from: 0, to: count };
  const base = await openBaseFor(options.fromBase, part.image, places);
  const foreign = await provenForeignLayer(part, base);
  if (foreign !== undefined) {
    const got = `another layer ${foreign + 1}`;
    throw usage(part.subject, `expected an image that is made on ${subjectOf(options.fromBase)}, got ${got}`);
  }
  return { from: layersOf(base.image).length, to: count };
}

function detailsOf({ from, to }: Positions, layer: ReturnType<typeof layersOf>[number] | undefined): SquashedLayers {
  return { from: from + 1, to, layer: layer?.descriptor ?? null, diffID: layer?.diffID ?? null };
}

async function squashPart(
  part: ChangePart,
  options: SquashOptions,
  places: OpenPlaces,
): Promise<ChangedPart<SquashedLayers>> {
  const { source, image, edit } = part;
  const positions = await positionsOf(part, options, places);
  const { from, to } = positions;
  const layers = layersOf(image).slice(0, to);
  // One layer is what it would be, and so is none.
  if (to - from <= 1) return { image, details: detailsOf(positions, to === from ? undefined : layers[from]) };
  announce(options, 'squashing', sizeOf(blobsOf(layers)) + sizeOf(blobsOf(layers.slice(from))));
  const trees = await readTreeStack(source, layers);
  const [before, after] = [trees[from], trees[to]];
  if (before === undefined || after === undefined) throw new Error('squash: a tree for each layer');
  const { compression = 'gzip', level, compressor } = options;
  const fold = { before, after, from, replaced: from, to, compression: { compression, level, compressor } };
  const { layer, warnings } = await foldLayers(part, fold, options);
  const { author } = image.config.value;
  const createdBy = `squash layers ${from + 1}..${to}`;
  const row = historyLine(edit, { author, createdBy, isEmpty: layer === undefined });
  return {
    image: withLines(image, squashLines(linesOf(image), { from, to, layer, row })),
    history: 'own',
    details: detailsOf(positions, layer),
    warnings: [...(await warningsOf(source, blobsOf(layers))), ...warnings],
  };
}

/**
 * One layer for several: all of an image, a range, or all above a base. The merged root filesystem stays, and so do the layers below
 * and above, byte for byte. Of whiteouts those survive that hide something below. The lines of history of the squashed layers stay as
 * lines without a layer, the new one's follows them. Bodies of gzip layers are taken over as they are compressed, where no level is
 * given. Throws `usage` where the image has not these layers or is not made on the base.
 */
export async function squash(image: ImageOperand, options: SquashOptions = {}): Promise<SquashResult> {
  checkCall('squash', { image: ['operand', image] }, options);
  if (options.layers !== undefined && options.fromBase !== undefined)
    throw badOption('layers', 'expected no option fromBase beside it, got both');
  const places = new OpenPlaces(options);
  return changeImage(image, options, { keepsFiles: true, change: part => squashPart(part, options, places) });
}
