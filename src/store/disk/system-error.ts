import { OciError } from '../../errors.ts';

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'something that is in use',
  EDQUOT: 'a disk quota that is used up',
  EEXIST: 'something that is there already',
  EFBIG: 'a file size limit',
  EIO: 'an input/output error',
  EISDIR: 'a directory',
  ELOOP: 'symbolic links that go round in a circle',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'a name that is too long',
  ENFILE: 'too many open files',
  ENOENT: 'nothing',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a file where a directory should be',
  ENXIO: 'something that is no regular file',
  EPERM: 'operation not permitted',
  EROFS: 'a read-only file system',
  ETXTBSY: 'something that is in use',
  EXDEV: 'another file system',
};

const codes: Readonly<Record<string, OciError['code']>> = {
  ENOENT: 'not-found',
  EISDIR: 'invalid',
  ELOOP: 'invalid',
  ENAMETOOLONG: 'invalid',
  ENOTDIR: 'invalid',
  ENXIO: 'invalid',
};

/** The code of an error that the operating system gave (`ENOENT`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** An error of the operating system as an OciError with subject and expectation; any other value as it is. */
export function systemError(error: unknown, subject: string, expected: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const got = Object.hasOwn(words, code) ? `${words[code]} (${code})` : code;
  return new OciError(codes[code] ?? 'conflict', subject, `expected ${expected}, got ${got}`, { cause: error });
}

/** What `action` returns; the operating system's errors become OciErrors. */
export function onDisk<T>(subject: string, expected: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw systemError(error, subject, expected);
  }
}
