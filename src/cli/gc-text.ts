import type { GcResult } from '../ops/results.ts';
import { escapeLine } from './escape.ts';
import { humanSize } from './units.ts';

/** What a collection took away, a line each, how many images stay that nothing calls by a name, and how many bytes that gave back. */
export function gcText({ entries, removed, files, diskBytes, kept }: GcResult): string {
  const unnamed = kept.untagged.length;
  const lines = [
    ...entries.map(({ name, digest }) => `entry  ${digest}${name === null ? '' : `  ${name}`}`),
    ...removed.map(({ digest, size, mediaType }) => `blob   ${digest}  ${humanSize(size)}  ${mediaType ?? '-'}`),
    ...files.map(({ path, size }) => `file   ${path}  ${humanSize(size)}`),
    ...(unnamed === 0
      ? []
      : [
          `kept   ${unnamed} ${unnamed === 1 ? 'image' : 'images'} without a name: --untagged takes ${unnamed === 1 ? 'it' : 'them'}`,
        ]),
    `total  ${humanSize(diskBytes)}`,
  ];
  return lines.map(line => `${escapeLine(line)}\n`).join('');
}
