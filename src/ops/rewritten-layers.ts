import { layerPositions, linesOf, withLines, withoutLayer } from '../image/lines.ts';
import type { Image, Layer } from '../spec/objects.ts';

/** An image with other layers in the places of its own; where nothing is left of one, its line of history stays as one without a layer. */
export function withLayers(image: Image, layers: readonly (Layer | undefined)[]): Image {
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
