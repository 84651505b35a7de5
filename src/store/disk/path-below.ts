import { type Dirent, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Path } from '../../tree/node.ts';
import { encodeText, joinPath, parentOf } from '../../tree/path.ts';
import { diskPath } from './disk-path.ts';
import { unlessRaced } from './system-error.ts';
import { isTemporaryName } from './temporary.ts';

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

/** Whether a directory can be read, and holds nothing but paths of a set, what is being made beside them, or nothing at all. */
function holdsOnly(root: string, directory: Path, paths: ReadonlySet<Path>): boolean {
  const place = diskPath(root, directory);
  const entries = unlessRaced(['ENOENT', 'ENOTDIR', 'EACCES'], () =>
    readdirSync(place, { encoding: 'latin1', withFileTypes: true }),
  );
  const isOwn = (entry: Dirent): boolean =>
    paths.has(joinPath(directory, entry.name)) || (entry.isDirectory() && isTemporaryName(entry.name));
  return entries?.every(isOwn) === true;
}

/** Paths below a directory, and the directories above them that hold nothing else: those are there for their sake. */
export function withAbove(root: string, paths: readonly Path[]): ReadonlySet<Path> {
  const all = new Set(paths);
  for (const path of paths)
    for (let above = parentOf(path); above !== '' && holdsOnly(root, above, all); above = parentOf(above))
      all.add(above);
  return all;
}
