import type { GcResult } from '../ops/results.ts';
import { escapeLine } from './escape.ts';
import { humanSize } from './units.ts';

/** What a collection took away, a line each, and how many bytes that gave back. */
export function gcText({ entries, removed, files, diskBytes }: GcResult): string {
  const lines = [
    ...entries.map(({ name, digest }) => `entry  ${digest}${name === null ? '' : `  ${name}`}`),
    ...removed.map(({ digest, size, mediaType }) => `blob   ${digest}  ${humanSize(size)}  ${mediaType ?? '-'}`),
    ...files.map(({ path, size }) => `file   ${path}  ${humanSize(size)}`),
    `total  ${humanSize(diskBytes)}`,
  ];
  return lines.map(line => `${escapeLine(line)}\n`).join('');
}
