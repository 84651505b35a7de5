import type { Operand } from '../store/parse-operand.ts';
import { announce } from '../stream/pace.ts';
import { checkCall } from './check-call.ts';
import { openPair } from './compared-side.ts';
import { comparisonOf, diffSides } from './diff-sides.ts';
import type { DiffOptions } from './options.ts';
import type { DiffResult } from './results.ts';

/**
 * What differs between two root filesystems: images, directories or bundles, in any pairing; with one operand, a
 * bundle against the image it was unpacked from. Rows are sorted by path bytes; parents of a change are `C` without reasons.
 * Contents decide, never size and time alone (unless `trustMtime`).
 */
export async function diff(before: Operand, after?: Operand, options: DiffOptions = {}): Promise<DiffResult> {
  checkCall('diff', { before: ['operand', before], after: ['operand?', after] }, options);
  const comparison = comparisonOf(options);
  announce(options, 'comparing');
  const [lower, upper] = await openPair(before, after, { ...options, selection: comparison.selection });
  return diffSides(lower, upper, comparison);
}
