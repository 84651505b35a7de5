import { badOption } from '../errors.ts';

/** Layers of an image by their numbers, 1 for the lowest, both ends included; without `to` up to the top. */
interface LayerRange {
  readonly from: number;
  readonly to?: number;
}

/** `A..B`, `A..` to the top, `..B` from the bottom, or one number. Undefined for anything else. */
export function parseLayerRange(text: string): LayerRange | undefined {
  const match = /^(?:(\d{1,6})|(\d{1,6})?\.\.(\d{1,6})?)$/.exec(text);
  if (match === null || text === '..') return undefined;
  const [, one, first, last] = match;
  const from = Number(one ?? first ?? 1);
  const to = one ?? last;
  if (from < 1 || (to !== undefined && Number(to) < from)) return undefined;
  return to === undefined ? { from } : { from, to: Number(to) };
}

/** A range as positions in a list of `count` layers: `from` up to before `to`. Throws `usage` where the image has not as many. */
export function positionsIn(range: LayerRange, count: number): { readonly from: number; readonly to: number } {
  const to = range.to ?? count;
  if (range.from > count || to > count)
    throw badOption('layers', `expected layers from 1 to ${count}, got ${range.from}..${range.to ?? ''}`);
  return { from: range.from - 1, to };
}
