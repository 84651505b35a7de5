import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Path } from '../../tree/node.ts';
import { encodeText } from '../../tree/path.ts';
import { unlessRaced } from './system-error.ts';

/** A path without links; undefined where nothing is there that can be reached. */
export const realPath = (path: string): string | undefined =>
  unlessRaced(['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'], () => realpathSync(path));

/** Whether a path of the disk is a directory or lies in it, however both are spelled. */
export function isWithin(directory: string, path: string): boolean {
  const [root, there] = [realPath(directory), realPath(path)];
  return root !== undefined && there !== undefined && (there === root || there.startsWith(join(root, '/')));
}

/** Whether a path lies below a directory by its words alone: neither need be there. */
export const isSaidBelow = (directory: string, path: string): boolean =>
  resolve(path).startsWith(join(resolve(directory), '/'));

/** What a path of the disk is called below a directory, and whether anything is there yet; undefined where it is not below it. */
export function pathBelow(
  directory: string,
  path: string,
): { readonly path: Path; readonly isThere: boolean } | undefined {
  const [root, above, there] = [realPath(directory), realPath(dirname(path)), realPath(path)];
  const place = there ?? (above === undefined ? undefined : join(above, basename(path)));
  if (root === undefined || place === undefined) return undefined;
  const below = relative(root, place);
  if (below === '' || below === '..' || below.startsWith('../')) return undefined;
  return { path: encodeText(below), isThere: there !== undefined };
}
