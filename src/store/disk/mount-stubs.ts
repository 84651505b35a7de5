import { lstatSync, mkdirSync, rmdirSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { resolveInside } from './resolve-inside.ts';
import { systemCode } from './system-error.ts';

/** A mount point: a path in a root, and whether a directory is mounted there. */
export interface MountPoint {
  readonly target: string;
  readonly isDirectory: boolean;
}

interface Times {
  readonly atime: Date;
  readonly mtime: Date;
}

function namesOf(target: string): readonly string[] {
  const names = target.split('/').filter(Boolean);
  return names.map((_, at) => names.slice(0, at + 1).join('/'));
}

/** Makes what mounts need that a root lacks in a directory that will lie below the root. Answers whether anything was. */
export function makeStubsBelow(root: string, stubs: string, points: readonly MountPoint[]): boolean {
  const missing = points.filter(({ target }) => resolveInside(root, target).kind === undefined);
  makePoints(stubs, missing);
  return missing.length > 0;
}

/** Makes mount points, and the directories that they are in, in a directory of their own. */
export function makePoints(stubs: string, points: readonly MountPoint[]): void {
  for (const { target, isDirectory } of points) {
    const names = namesOf(target);
    for (const [at, name] of names.entries()) makePoint(`${stubs}/${name}`, isDirectory || at < names.length - 1);
  }
}

function makePoint(path: string, isDirectory: boolean): boolean {
  try {
    if (isDirectory) mkdirSync(path, { mode: 0o755 });
    else writeFileSync(path, '', { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Makes what mounts need that a root lacks in the root itself, where nothing can lie below it. The answer takes it back: what is
 * still empty goes, and the directories around it get their times back.
 */
export function makeStubsIn(root: string, points: readonly MountPoint[]): () => void {
  const undo: (() => void)[] = [];
  for (const { target, isDirectory } of points) {
    const names = namesOf(target);
    for (const [at, name] of names.entries()) {
      const path = `${root}/${name}`;
      const isFolder = isDirectory || at < names.length - 1;
      const parent = statSync(dirname(path));
      if (!makePoint(path, isFolder)) continue;
      undo.push(() => takeBack(path, isFolder, parent));
    }
  }
  return () => {
    for (const each of undo.reverse()) each();
  };
}

/** A directory's times go back only where nothing else has changed in it. */
function takeBack(path: string, isDirectory: boolean, { atime, mtime }: Times): void {
  const above = dirname(path);
  try {
    const isUnchanged = statSync(above).mtimeMs <= lstatSync(path).birthtimeMs + 1;
    if (isDirectory) rmdirSync(path);
    else if (lstatSync(path).size === 0) unlinkSync(path);
    else return;
    if (isUnchanged) utimesSync(above, atime, mtime);
  } catch (error) {
    if (!['ENOTEMPTY', 'ENOENT', 'ENOTDIR', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
  }
}
