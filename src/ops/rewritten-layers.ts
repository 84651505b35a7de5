import { storedAs } from '../graph/layer-label.ts';
import { layersOf } from '../image/layers.ts';
import { layerPositions, linesOf, withLines, withoutLayer } from '../image/lines.ts';
import type { Image, Layer } from '../spec/objects.ts';
import type { Work } from '../stream/pace.ts';
import type { Node, Tree } from '../tree/node.ts';
import type { ChangePart } from './change-image.ts';
import { foldLayers } from './fold-layers.ts';
import type { CompressionOptions } from './options.ts';

/** An image with other layers in the places of its own; where nothing is left of one, its line of history stays as one without a layer. */
function withLayers(image: Image, layers: readonly (Layer | undefined)[]): Image {
  const lines = linesOf(image);
  const positions = layerPositions(lines);
  const changed = new Map(positions.map((at, number) => [at, layers[number]]));
  return withLines(
    image,
    lines.map((line, at) => {
      if (!changed.has(at)) return line;
      const layer = changed.get(at);
      return layer === undefined ? withoutLayer(line) : { ...line, layer };
    }),
  );
}

/** Which layers are written anew, and what they are to come to. */
interface Rewriting {
  readonly positions: Iterable<number>;
  /** What all layers below a position are to come to. */
  readonly treeAt: (position: number) => Tree | undefined;
  /** From which layer on files are a layer's own, so that no word is lost on them: from itself on where this says nothing. */
  readonly from?: number;
  /** As each layer is stored where it says nothing. */
  readonly compression?: CompressionOptions;
}

interface Rewritten {
  readonly image: Image;
  /** All files of the layers that were written. */
  readonly files: ReadonlySet<Node>;
  readonly warnings: readonly string[];
}

/** An image with some of its layers written anew, each as what makes the tree up to it of the tree below it; the image itself where there are none. */
export async function rewriteLayers(
  part: ChangePart,
  { positions, treeAt, from, compression: said = {} }: Rewriting,
  work: Work,
): Promise<Rewritten> {
  const { source, image } = part;
  const layers: (Layer | undefined)[] = [...layersOf(image)];
  const warnings: string[] = [];
  const files = new Set<Node>();
  const all = [...positions].sort((a, b) => a - b);
  for (const at of all) {
    const [layer, before, after] = [layers[at], treeAt(at), treeAt(at + 1)];
    if (layer === undefined || before === undefined || after === undefined) throw new Error('a tree for each layer');
    const stored = await storedAs(source, layer.descriptor);
    const kept = stored === 'gzip' || stored === 'zstd' ? stored : 'none';
    const { compression = kept, level, compressor } = said;
    const places = { from: from ?? at, replaced: at, to: at + 1 };
    const fold = { before, after, ...places, compression: { compression, level, compressor } };
    const folded = await foldLayers(part, fold, work);
    layers[at] = folded.layer;
    for (const file of folded.files) files.add(file);
    for (const warning of folded.warnings) warnings.push(warning);
  }
  return { image: all.length === 0 ? image : withLayers(image, layers), files, warnings };
}
