import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from './system-error.ts';
import { makeTemporaryDirectory } from './temporary.ts';

/**
 * Moves a file, to another file system as well: there it is copied first, beside its place and where nobody else can put anything, so that nobody sees a part of
 * it and no link is followed.
 */
export function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
    return;
  } catch (error) {
    if (systemCode(error) !== 'EXDEV') throw error;
  }
  const stage = makeTemporaryDirectory(dirname(to));
  try {
    const copy = join(stage.inside, 'copy');
    copyFileSync(from, copy);
    renameSync(copy, to);
  } finally {
    stage.removeNow();
  }
  rmSync(from);
}
