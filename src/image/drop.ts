import { type Line, layerPositions } from './lines.ts';

/** What matches a text with `*` for anything and `?` for one character; a text is no path, so both go over slashes. */
function textMatcher(glob: string): RegExp {
  const source = glob
    .replace(/[.+^$(){}|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su');
}

/** The layers, by position, whose lines of history say that such a command made them. */
export function layersCreatedBy(lines: readonly Line[], glob: string): readonly number[] {
  const matcher = textMatcher(glob);
  return layerPositions(lines).flatMap((at, layer) => (matcher.test(lines[at]?.row.created_by ?? '') ? [layer] : []));
}

/** Where the lines that made these layers, by position, stand. */
export function placesOfLayers(lines: readonly Line[], layers: ReadonlySet<number>): ReadonlySet<number> {
  return new Set(layerPositions(lines).filter((_, layer) => layers.has(layer)));
}
