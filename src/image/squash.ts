import type { History, Layer } from '../spec/objects.ts';
import { type Line, layerPositions, withoutLayer } from './lines.ts';

/** What one layer takes the place of. */
interface Squashed {
  /** Positions of layers: `from` up to before `to`. */
  readonly from: number;
  readonly to: number;
  /** Undefined where the layers come to nothing. */
  readonly layer: Layer | undefined;
  readonly row: History;
}

/** The lines with one layer for several: their own stay, as lines without a layer, and the new one's follows the last of them. */
export function squashLines(lines: readonly Line[], { from, to, layer, row }: Squashed): readonly Line[] {
  const positions = layerPositions(lines).slice(from, to);
  const [squashed, last] = [new Set(positions), positions.at(-1)];
  const made = layer === undefined ? withoutLayer({ row }) : { row, layer };
  return lines.flatMap((line, at) => {
    const own = squashed.has(at) ? withoutLayer(line) : line;
    return at === last ? [own, made] : [own];
  });
}
