import { readlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { realPath } from './path-below.ts';
import { unlessRaced } from './system-error.ts';

const mostLinks = 40;
const noLink = ['ENOENT', 'ENOTDIR', 'EINVAL', 'EACCES', 'ELOOP'];

/**
 * The open file of this process that a path stands for, /dev/stdout above all; undefined for any other. What is behind it may be a regular file that
 * somebody has opened: it is not to be replaced, and neither is the link to it.
 */
export function ownHandle(path: string): number | undefined {
  let place = resolve(path);
  for (let links = 0; links < mostLinks; links++) {
    const above = realPath(dirname(place));
    if (above === undefined) return undefined;
    if (above === `/proc/${process.pid}/fd`) return /^\d+$/.test(basename(place)) ? Number(basename(place)) : undefined;
    const link = join(above, basename(place));
    const target = unlessRaced(noLink, () => readlinkSync(link));
    if (target === undefined) return undefined;
    place = resolve(above, target);
  }
  return undefined;
}
