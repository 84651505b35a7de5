import type { AnalyzeResult, RuleFinding, WastedPath } from '../ops/analyze-results.ts';
import { shownPath } from './diff-rows.ts';
import { escapeLine } from './escape.ts';
import { paint } from './paint.ts';
import { tableText } from './table.ts';
import { humanSize } from './units.ts';
import { ellipsis } from './width.ts';

/** So many rows of each table are for people; JSON has them all. */
const most = 10;

const percent = (part: number, whole: number): string => (whole === 0 ? '0%' : `${((part / whole) * 100).toFixed(2)}%`);

function summary({ size, dive, layers }: AnalyzeResult): string {
  if (size.stored === null) return `size: ${humanSize(size.files)} of files\n`;
  const waste = `${humanSize(size.hidden)} (${percent(size.hidden, size.files)})`;
  return [
    `size: ${humanSize(size.files)} of files in ${layers.length} layers, ${humanSize(size.visible)} reached; ${humanSize(size.stored)} stored\n`,
    `waste: ${waste} that no path reaches\n`,
    `dive: efficiency ${(dive.efficiency * 100).toFixed(4)}%, ${humanSize(dive.wastedBytes)} wasted\n`,
  ].join('');
}

function layersText({ layers, size }: AnalyzeResult): string {
  if (size.stored === null) return '';
  const rows = layers.map(({ layer, size, visible, hidden, overhead, createdBy }) => [
    ...[`#${layer}`, humanSize(size), humanSize(visible), humanSize(hidden)],
    overhead < 0 ? `-${humanSize(-overhead)}` : humanSize(overhead),
    escapeLine(ellipsis(createdBy.replaceAll('\t', ' '), 60)),
  ]);
  return `\n${tableText([['LAYER', 'STORED', 'REACHED', 'HIDDEN', 'TAR', 'CREATED BY'], ...rows])}`;
}

function directoriesText({ directories }: AnalyzeResult): string {
  const rows = directories
    .filter(({ depth }) => depth > 0)
    .toSorted((one, other) => other.size - one.size)
    .slice(0, most)
    .map(row => [humanSize(row.size), String(row.files), shownPath(row)]);
  return rows.length === 0 ? '' : `\n${tableText([['SIZE', 'FILES', 'DIRECTORY'], ...rows])}`;
}

function packagesText({ packages, unowned }: AnalyzeResult): string {
  if (packages.length === 0) return '';
  const rows = packages
    .slice(0, most)
    .map(({ type, name, version, layer, size }) => [
      ...[humanSize(size), layer === null ? '' : `#${layer}`],
      escapeLine(`${type}/${name} ${version}`),
    ]);
  return `\n${tableText([['SIZE', 'LAYER', 'PACKAGE'], ...rows, [humanSize(unowned), '', "no package's"]])}`;
}

const listText = (numbers: readonly number[]): string => numbers.map(number => `#${number}`).join(',');

function whyText({ how, layers, by }: WastedPath): string {
  return `${listText(layers)} ${how} by ${listText(by)}`;
}

function wasteText({ waste }: AnalyzeResult): string {
  if (waste.length === 0) return '';
  const rows = waste.slice(0, most).map(row => [humanSize(row.size), whyText(row), shownPath(row)]);
  return `\n${tableText([['WASTED', 'WHY', 'PATH'], ...rows])}`;
}

function findingText({ severity, rule, subject, message, layer }: RuleFinding, color: boolean): string {
  const word = color ? paint(severity, severity === 'error' ? 'red' : 'yellow') : severity;
  const where = layer === null ? '' : ` (#${layer})`;
  return `${word}: ${escapeLine(`${rule}: ${subject}: ${message}${where}`)}\n`;
}

/** What `analyze` prints: a summary, the tables' first rows, and what the image does not keep to. */
export function analyzeText(result: AnalyzeResult, color: boolean): string {
  const findings = result.findings.map(finding => findingText(finding, color)).join('');
  return [
    summary(result),
    layersText(result),
    directoriesText(result),
    packagesText(result),
    wasteText(result),
    findings === '' ? '' : `\n${findings}`,
  ].join('');
}
