import { compressorWarnings } from '../codec/compression.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { checkMadeImage } from '../graph/store-document.ts';
import { appendLayer, squashedImage } from '../image/append.ts';
import { isDockerImage } from '../image/image-kind.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { type ImageOperand, type Operand, parseOperand } from '../store/parse-operand.ts';
import { announce } from '../stream/pace.ts';
import type { LayerEntry } from '../tree/node.ts';
import { checkCall } from './check-call.ts';
import { type CommitInput, openCommit, until } from './commit-input.ts';
import { changeCount, deltaOf } from './delta.ts';
import { entryOf, parseDestination, withDestination } from './destination.ts';
import { editOf } from './image-edit.ts';
import type { CommitOptions } from './options.ts';
import type { CommitResult } from './results.ts';
import { compressionOf, storeLayer, writtenFiles } from './store-layer.ts';
import { checkWarnings } from './strict.ts';

/**
 * Makes an image of a directory: the base's layers and one more that holds what differs, or one layer without a base.
 * Nothing changed, no layer: the history has a line without one. The base is a bundle's own where none is given; `image` is
 * where the result goes, a bundle's own layout, without a name, when absent. A bundle moves on to the image, unless `keepBase` is given: its next difference is from that. Throws `conflict` where a file changes while it
 * is read; the layout is then as it was before.
 */
export async function commit(
  rootfs: Operand,
  image?: ImageOperand,
  options: CommitOptions = {},
): Promise<CommitResult> {
  checkCall('commit', { rootfs: ['operand', rootfs], image: ['operand?', image] }, options);
  announce(options, 'comparing');
  const over = new AbortController();
  const written = image === undefined ? [] : [parseOperand(image, 'write').place.path];
  try {
    const input = await openCommit(rootfs, { ...options, ...until(over.signal, options) }, written);
    return await commitAndMove(input, image, options);
  } finally {
    over.abort();
  }
}

/** The image first, then the bundle that moves on to it. */
async function commitAndMove(
  input: CommitInput,
  image: ImageOperand | undefined,
  options: CommitOptions,
): Promise<CommitResult> {
  const { moving } = input;
  try {
    const result = await commitInput(input, image, options);
    moving?.now();
    return { ...result, warnings: [...result.warnings, ...(moving?.warnings ?? [])] };
  } finally {
    await moving?.end();
  }
}

/** docker's overlay2 stacks 128 directories, one of them the container's own: an image of more layers is not run. */
const [manyLayers, mostLayers] = [120, 127];

function layerCountWarnings(count: number): readonly string[] {
  if (count <= manyLayers) return [];
  return [
    `the image has ${count} layers: docker runs none of more than ${mostLayers} (option squash makes one of all)`,
  ];
}

/** What there is to say of how a layer of these entries is compressed. Throws `unsupported` where warnings are errors. */
function compressionWarnings(entries: readonly LayerEntry[], options: CommitOptions): readonly string[] {
  const warnings = entries.length === 0 ? [] : compressorWarnings(compressionOf(options));
  checkWarnings(warnings, options.strict);
  return warnings;
}

async function commitInput(
  input: CommitInput,
  image: ImageOperand | undefined,
  options: CommitOptions,
): Promise<CommitResult> {
  const { base, after, warnings, layout, moving } = input;
  const bodies = moving?.bodies(input.bodies) ?? input.bodies;
  checkWarnings(warnings, options.strict);
  const place = parseDestination(image, layout);
  const edit = editOf(options, base?.image.config.value);
  const inherited = checkMadeImage(appendLayer(base?.image, edit), place.path, base?.image);
  checkWarnings(inherited, options.strict);
  const written = await deltaOf({ ...input, bodies }, options);
  const compressed = compressionWarnings(written.entries, options);
  return withDestination(place, options, async destination => {
    const kept = options.squash === true || base === undefined ? [] : layersOf(base.image);
    const labels = base === undefined ? [] : await warningsOf(base.source, blobsOf(kept));
    if (base !== undefined) await destination.bring(base.source, blobsOf(kept));
    const docker = base !== undefined && isDockerImage(base.image);
    const close = await bodies.prepare?.(writtenFiles(written.entries), place.path);
    const layer =
      written.entries.length === 0
        ? undefined
        : await storeLayer(written.entries, written.bodies, { destination, docker, options }).finally(close);
    const make = options.squash === true ? squashedImage : appendLayer;
    const made = make(base?.image, layer === undefined ? edit : { ...edit, layer });
    const entry = entryOf(made);
    await moving?.stage({ layout: place.path, entry, name: place.name }, { ...after, isWhole: input.isWhole });
    await destination.finish(made, entry, base?.image);
    return {
      manifest: made.manifest.descriptor.digest,
      imageID: made.config.descriptor.digest,
      layer: layer?.descriptor ?? null,
      diffID: layer?.diffID ?? null,
      name: place.name,
      changes: changeCount(written.changes),
      warnings: [
        ...warnings,
        ...inherited,
        ...labels,
        ...layerCountWarnings(made.manifest.value.layers.length),
        ...compressed,
      ],
    };
  });
}
