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

/** The lines without these layers, by position, and without the lines that made them. Lines without a layer stay. */
export function dropLines(lines: readonly Line[], dropped: ReadonlySet<number>): readonly Line[] {
  const gone = new Set(layerPositions(lines).filter((_, layer) => dropped.has(layer)));
  return lines.filter((_, at) => !gone.has(at));
}
