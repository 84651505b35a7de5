import { second } from '../../tree/time.ts';

const latest = 0x3fff_ffffn * second * 16n;
const earliest = -(2n ** 31n) * second;
/** Where node:fs stops to be exact. */
const plainEnd = 0x7fff_ffffn * second;

/** A time as node:fs takes it: a number where it is exact enough, else decimal text (a negative number would mean now). */
export function timeOf(mtime: bigint): number | string {
  if (mtime >= 0n && mtime % second === 0n) return Number(mtime / second);
  const magnitude = mtime < 0n ? -mtime : mtime;
  return `${mtime < 0n ? '-' : ''}${magnitude / second}.${(magnitude % second).toString().padStart(9, '0')}`;
}

/** Times beyond what file systems hold are brought back to the nearest that they do. */
export const clampTime = (mtime: bigint): bigint => (mtime > latest ? latest : mtime < earliest ? earliest : mtime);

/** Whether node:fs sets this time exactly: it works in microseconds, and in seconds from 1970. */
export function isPlainTime(mtime: bigint): boolean {
  return mtime >= 0n && mtime < plainEnd && mtime % 1000n === 0n;
}
