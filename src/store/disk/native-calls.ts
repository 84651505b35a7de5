import { failure } from './errno.ts';

export type Call = (...values: unknown[]) => number | bigint;

/** A path as node:fs takes it: a text, or its raw bytes. */
export type DiskPath = string | Uint8Array;

/** A C string. Text is encoded by koffi, which is cheaper than a buffer for each path. */
export function terminated(bytes: DiskPath): string | Buffer {
  if (typeof bytes === 'string') return bytes;
  const buffer = Buffer.alloc(bytes.length + 1);
  buffer.set(bytes);
  return buffer;
}

/** A C library: its functions by their signatures; throws for one that it has not. */
export interface CLibrary {
  func(signature: string): Call;
}

/** C libraries older than glibc 2.33 have mknod under another name only. */
export function makeNodeOf(library: CLibrary): Call {
  try {
    return library.func('int mknod(const char *path, uint32_t mode, uint64_t device)');
  } catch {
    const call = library.func('int __xmknod(int version, const char *path, uint32_t mode, const void *device)');
    return (path, mode, device) => call(0, path, mode, Buffer.from(BigUint64Array.of(device as bigint).buffer));
  }
}

/** C libraries older than glibc 2.28 and some musl have no renameat2: the kernel's own call serves nobody else, so it counts as refused. */
export function exchangeOf(library: CLibrary): Call {
  try {
    return library.func(
      'int renameat2(int fromDirectory, const char *from, int toDirectory, const char *to, uint32_t flags)',
    );
  } catch {
    return () => {
      throw failure('renameat2', 38);
    };
  }
}

/** musl has 64 bits in every offset, glibc on a machine of 32 bits only under another name. */
export function seekOf(library: CLibrary): Call {
  try {
    return library.func('int64_t lseek64(int file, int64_t offset, int whence)');
  } catch {
    return library.func('int64_t lseek(int file, int64_t offset, int whence)');
  }
}

/** C libraries older than glibc 2.28 have none. */
export function statxOf(library: CLibrary): Call | undefined {
  try {
    return library.func('int statx(int directory, const char *path, int flags, unsigned int mask, void *stat)');
  } catch {
    return undefined;
  }
}
