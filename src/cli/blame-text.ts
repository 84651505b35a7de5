import type { BlameResult, BlameStep } from '../ops/look-results.ts';
import { shownPath } from './diff-rows.ts';
import { escapeLine } from './escape.ts';
import { tableText } from './table.ts';
import { humanSize } from './units.ts';
import { ellipsis } from './width.ts';
import type { Words } from './words.ts';

const sizeText = ({ before, after }: BlameStep): string => {
  const [was, is] = [before?.size, after?.size];
  if (was === undefined) return is === undefined ? '' : humanSize(is);
  return is === undefined || was === is ? humanSize(was) : `${humanSize(was)}→${humanSize(is)}`;
};

/** What happened, and why it is said to have: aspects that changed, or the directory above that went. */
function whyOf(step: BlameStep): string {
  const { by, reasons } = step;
  if (by !== undefined) return `with ${escapeLine(by)}`;
  return reasons.map(({ aspect, before, after }) => `${aspect} ${before}→${after}`).join(', ');
}

/** What `blame` prints: a line a layer that touched the path, the lowest first. */
export function blameText({ steps }: BlameResult, words: Words): string {
  const whole = words.flag('no-trunc');
  const rows = steps.map(step => {
    const by = step.createdBy.replaceAll('\t', ' ');
    return [
      step.layer === null ? '-' : `#${step.layer}`,
      step.kind,
      sizeText(step),
      shownPath(step),
      escapeLine(whyOf(step)),
      escapeLine(whole ? by : ellipsis(by, 60)),
    ];
  });
  return tableText([['LAYER', 'STEP', 'SIZE', 'PATH', 'WHY', 'CREATED BY'], ...rows]);
}
