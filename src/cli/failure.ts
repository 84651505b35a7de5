import { OciError } from '../errors.ts';
import { escapeLine, escapeText } from './escape.ts';
import type { Io } from './io.ts';
import { version } from './version.ts';

/** What a failing system call means to the person in front of it. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'expected a file or directory, got nothing',
  EACCES: 'expected permission, got none',
  EPERM: 'expected permission, got none',
  ENOSPC: 'expected room on the device, got none',
  EDQUOT: 'expected room within the quota, got none',
  ENOTDIR: 'expected a directory, got something else',
  EISDIR: 'expected a file, got a directory',
  EEXIST: 'expected nothing there, got something',
  ENOTEMPTY: 'expected an empty directory, got one with entries',
  EROFS: 'expected a writable file system, got a read-only one',
  ELOOP: 'expected a path, got a loop of symbolic links',
  ENAMETOOLONG: 'expected a shorter name, got one that the file system does not take',
  EMFILE: 'expected to open one more file, got the limit of open files',
  ENFILE: 'expected to open one more file, got the limit of open files',
  EBUSY: 'expected it not to be in use, got a busy one',
  EIO: 'expected the device to answer, got an input/output error',
  EXDEV: 'expected one file system, got two',
};

function systemReason(error: Error): string | undefined {
  if (!('code' in error && 'syscall' in error) || typeof error.code !== 'string') return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : String(error.syscall);
  const reason = Object.hasOwn(reasons, error.code)
    ? reasons[error.code]
    : `expected ${error.syscall} to work, got ${error.code}`;
  return `${path}: ${reason}`;
}

/** One line for a person; a stack only where ocikit itself is at fault. */
export function failureText(error: unknown): string {
  if (error instanceof OciError) {
    const hint = error.hint === undefined ? '' : ` (${error.hint})`;
    return `ocikit: ${escapeLine(`${error.message}${hint}`)}\n`;
  }
  const reason = error instanceof Error ? systemReason(error) : undefined;
  if (reason !== undefined) return `ocikit: ${escapeLine(reason)}\n`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `ocikit: this is a bug in ocikit ${version}\n${escapeText(stack)}\n`;
}

/** Says what went wrong; answers the exit status. */
export function report(error: unknown, io: Io): number {
  io.stderr(failureText(error));
  return 2;
}
