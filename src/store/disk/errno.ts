/** What Linux calls the errors that a file system answers with (errno(3)). */
const names: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  5: 'EIO',
  6: 'ENXIO',
  7: 'E2BIG',
  9: 'EBADF',
  13: 'EACCES',
  16: 'EBUSY',
  17: 'EEXIST',
  18: 'EXDEV',
  20: 'ENOTDIR',
  22: 'EINVAL',
  28: 'ENOSPC',
  30: 'EROFS',
  34: 'ERANGE',
  36: 'ENAMETOOLONG',
  37: 'ENOLCK',
  38: 'ENOSYS',
  40: 'ELOOP',
  61: 'ENODATA',
  75: 'EOVERFLOW',
  95: 'ENOTSUP',
  122: 'EDQUOT',
};

/** The name of an error, as Node's own errors have it in `code`. */
export const codeOf = (errno: number): string => names[errno] ?? `errno ${errno}`;

/** The error of a native call as Node makes one of its own calls. */
export function failure(syscall: string, errno: number): Error {
  const code = codeOf(errno);
  return Object.assign(new Error(`${code}: ${syscall}`), { code, errno: -errno, syscall });
}
