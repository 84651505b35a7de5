import { usage } from '../errors.ts';
import type { LayerDiffRow, PackageDiffRow } from '../ops/diff-results.ts';
import { diffAllPlatforms } from './diff-platforms-form.ts';
import { escapeLine } from './escape.ts';
import type { Io } from './io.ts';
import { jsonLine } from './json-text.ts';
import { printTexts, printWarnings } from './output.ts';
import { withProgress } from './progress.ts';
import { tableText } from './table.ts';
import { humanSize } from './units.ts';
import { ellipsis } from './width.ts';
import { given, type Words } from './words.ts';

function growth({ before, after }: PackageDiffRow): string {
  const bytes = (after?.size ?? 0) - (before?.size ?? 0);
  return `${bytes < 0 ? '-' : '+'}${humanSize(Math.abs(bytes))}`;
}

const layerText = ({ before, after }: PackageDiffRow): string =>
  [before, after].flatMap(side => (side?.layer == null ? [] : [`#${side.layer}`])).join('→');

/** A line a package: what became of it, its versions, by how much it grew. */
function packagesText(rows: readonly PackageDiffRow[]): string {
  if (rows.length === 0) return '';
  const cells = rows.map(row => {
    const versions = [row.before, row.after].flatMap(side => (side === null ? [] : [side.version]));
    const same = versions.length === 2 && versions[0] === versions[1];
    const shown = (same ? versions.slice(1) : versions).join('→');
    return [row.kind, row.type, escapeLine(row.name), growth(row), layerText(row), escapeLine(shown)];
  });
  return tableText([['', 'TYPE', 'NAME', 'SIZE', 'LAYER', 'VERSION'], ...cells]);
}

/** A line a layer of either image, lowest first. */
function layersText(rows: readonly LayerDiffRow[]): string {
  const cells = rows.map(({ kind, before, after }) => {
    const shown = after ?? before;
    const numbers = [before, after].map(side => (side === null ? '-' : `#${side.layer}`)).join(' ');
    const sizes = [before, after].flatMap(side => (side === null ? [] : [humanSize(side.size)]));
    const size = sizes.length === 2 && sizes[0] === sizes[1] ? sizes.slice(1) : sizes;
    const note = kind === '=' && before?.digest !== after?.digest ? ' (stored otherwise)' : '';
    const by = ellipsis((shown?.createdBy ?? '').replaceAll('\t', ' '), 60);
    return [kind, numbers, size.join('→'), `${escapeLine(by)}${note}`];
  });
  return tableText([['', 'LAYERS', 'STORED', 'CREATED BY'], ...cells]);
}

/** Does what `--packages`, `--layers` or `--all-platforms` asks for; undefined where none was given. */
export async function diffForm(words: Words, io: Io): Promise<number | undefined> {
  if (!(words.flag('all-platforms') || words.flag('packages') || words.flag('layers'))) return undefined;
  const [old, later] = [words.word('old'), words.text('new')];
  if (later === undefined) throw usage('NEW', 'expected a second operand, got none');
  if (words.flag('all-platforms')) return diffAllPlatforms([old, later], words, io);
  const choice = given({ platform: words.text('platform'), hostPlatform: io.hostPlatform });
  const print = async (result: object, text: string, differs: boolean): Promise<number> => {
    await printTexts(io, words.flag('json') ? jsonLine(result) : [text]);
    return words.flag('exit-code') && differs ? 1 : 0;
  };
  if (words.flag('packages')) {
    const { diffPackages } = await import('../ops/diff-packages.ts');
    const result = await withProgress(words, io, work => diffPackages(old, later, { ...choice, ...work }));
    printWarnings(io, words, result.warnings);
    return print(result, packagesText(result.packages), result.packages.length > 0);
  }
  const { diffLayers } = await import('../ops/diff-layers.ts');
  const result = await withProgress(words, io, work => diffLayers(old, later, { ...choice, ...work }));
  return print(
    result,
    layersText(result.layers),
    result.layers.some(({ kind }) => kind !== '='),
  );
}
