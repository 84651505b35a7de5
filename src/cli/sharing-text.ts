import type { SharedLayers, SharingResult } from '../ops/sharing-results.ts';
import { escapeLine } from './escape.ts';
import { tableText } from './table.ts';
import { counted, humanSize } from './units.ts';

/** A run of layers on one line: how many, how large, whose. */
function runText({ diffIDs, size, images, count }: SharedLayers): string {
  const layers = `${counted(diffIDs.length, 'layer')} ${humanSize(size)}`;
  const names = images.map(({ name, platform }) => ` ${escapeLine(name)} (${escapeLine(platform)})`).join(',');
  return `${layers}${count > 1 ? ` shared by ${count}` : ''}${names}`;
}

function* linesOf(runs: readonly SharedLayers[], indent: string): Generator<string> {
  for (const [at, run] of runs.entries()) {
    const isLast = at === runs.length - 1;
    yield `${indent}${isLast ? '└── ' : '├── '}${runText(run)}\n`;
    yield* linesOf(run.above, `${indent}${isLast ? '    ' : '│   '}`);
  }
}

/** Which layers images begin with, drawn as a tree, the lowest layers first. */
export const layerTreeText = ({ layers }: SharingResult): string => [...linesOf(layers, '')].join('');

/** A line an image: its bytes, those it shares, and those that would go with it; the last is for all together. */
export function sharedText({ images, total }: SharingResult): string {
  const rows = images.map(({ name, digest, ...sizes }) => [
    ...[sizes.total, sizes.shared, sizes.unique].map(humanSize),
    escapeLine(name ?? digest),
  ]);
  return tableText([['TOTAL', 'SHARED', 'UNIQUE', 'NAME'], ...rows, [humanSize(total), '', '', 'together']]);
}
