import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { systemCode } from './system-error.ts';
import { temporaryPrefix } from './temporary.ts';

/** Moves a file, to another file system as well: there it is copied beside its place first, so that nobody sees a part of it. */
export function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
    return;
  } catch (error) {
    if (systemCode(error) !== 'EXDEV') throw error;
  }
  const beside = to.replace(/[^/]*$/, name => `${temporaryPrefix}${name}`);
  try {
    copyFileSync(from, beside);
    renameSync(beside, to);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  rmSync(from);
}
