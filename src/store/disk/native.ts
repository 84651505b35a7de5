import { createRequire } from 'node:module';
import { xattrLimit } from '../../limits.ts';
import type { ByteString } from '../../tree/node.ts';
import { second, secondsOf } from '../../tree/time.ts';
import { isHostXattr } from '../../tree/xattrs.ts';
import { codeOf, failure } from './errno.ts';
import { handleOf } from './handles.ts';
import { type Call, type CLibrary, type DiskPath, exchangeOf, makeNodeOf, seekOf, terminated } from './native-calls.ts';
import { type NativeLook, nativeLook } from './native-look.ts';
import { deviceNumber } from './stat.ts';

export type LostXattr = (name: ByteString, code: string) => void;

/** Calls that Node lacks. No call follows a symlink in the last name; each throws a system error with `code` where the file system refuses. */
export interface Native extends NativeLook {
  /**
   * Extended attributes of a path without the host's own, or undefined where it or its file system has none. `lost` is told of
   * those that are there and that the kernel does not give back, with the error's code: a file capability that is none, or one
   * of another user namespace.
   */
  readXattrs(path: DiskPath, lost?: LostXattr): Map<ByteString, Uint8Array> | undefined;
  /** Whether a path has an extended attribute, the host's own among them. */
  hasXattr(path: DiskPath, name: ByteString): boolean;
  /** Of a path, or of what an open file or a name that is held open (O_PATH) is. */
  writeXattr(target: DiskPath | number, name: ByteString, value: Uint8Array): void;
  /** `mode` with its file-type bits; device numbers of a device. */
  makeNode(path: DiskPath, mode: number, device: { readonly major: number; readonly minor: number }): void;
  /** Sets mtime (and atime) of a path, or of what an open file or a name that is held open is, exactly, in nanoseconds since 1970. */
  setTime(target: DiskPath | number, nanoseconds: bigint): void;
  /** Takes the flock(2) of an open file, an exclusive one unless said otherwise, which closing it gives back; false where another has it, and then what was held of it is lost. */
  lockFile(file: number, how?: 'exclusive' | 'shared'): boolean;
  /** The next bytes of an open file, from `start` on, that are no hole (lseek(2)); undefined where only a hole is left. Moves the file's offset. */
  dataFrom(file: number, start: number): { readonly start: number; readonly end: number } | undefined;
  /** Two paths change places in one step. */
  exchange(one: DiskPath, other: DiskPath): void;
  /** Removes a name that is no directory's from an open directory; false where that is refused, for whatever reason. */
  unlinkAt(directory: number, name: Uint8Array): boolean;
}

const currentDirectory = -100;
const noFollow = 0x100;
const [sharedNow, exclusiveNow] = [1 | 4, 2 | 4];
const exchangeFlag = 2;
const [seekData, seekHole, noSuchAddress] = [3, 4, 6];
/** No such attribute, not supported. */
const quiet: readonly number[] = [61, 95];
/** errno of what is not given back: no value of its kind, or none that can be said here. */
const withheld: readonly number[] = [22, 75];
const capability = 'security.capability';

interface Library {
  readonly errno: () => number;
  readonly list: Call;
  readonly get: Call;
  readonly set: Call;
  readonly setThrough: Call;
  readonly node: Call;
  readonly times: Call;
  readonly fileTimes: Call;
  readonly lock: Call;
  readonly seek: Call;
  readonly exchange: Call;
  readonly unlink: Call;
  readonly look: NativeLook;
}

type Check = (result: number | bigint, call: string) => void;

function xattrReader({ errno, list, get }: Library): Native['readXattrs'] {
  const listBuffer = Buffer.alloc(xattrLimit);
  const valueBuffer = Buffer.alloc(xattrLimit);
  const attributeOf = (path: string | Buffer, name: ByteString, lost: LostXattr): Uint8Array | undefined => {
    const length = Number(get(path, terminated(Buffer.from(name, 'latin1')), valueBuffer, xattrLimit));
    if (length >= 0) return new Uint8Array(valueBuffer.subarray(0, length));
    const error = errno();
    if (withheld.includes(error)) lost(name, codeOf(error));
    else if (!quiet.includes(error)) throw failure('lgetxattr', error);
    return undefined;
  };
  return (bytes, lost = () => undefined) => {
    const path = terminated(bytes);
    const length = Number(list(path, listBuffer, xattrLimit));
    if (length === 0) return undefined;
    if (length < 0) {
      if (quiet.includes(errno())) return undefined;
      throw failure('llistxattr', errno());
    }
    const listed = listBuffer.toString('latin1', 0, length - 1).split('\0');
    const found = listed.filter(name => !isHostXattr(name));
    if (found.length === 0) return undefined;
    const values = found.map(name => [name, attributeOf(path, name, lost)] as const);
    return new Map(values.filter((pair): pair is readonly [string, Uint8Array] => pair[1] !== undefined));
  };
}

function timeSetter({ times, fileTimes }: Library, check: Check): Native['setTime'] {
  const times64 = new BigInt64Array(4);
  const buffer = Buffer.from(times64.buffer);
  return (target, nanoseconds) => {
    const seconds = secondsOf(nanoseconds);
    times64[0] = times64[2] = seconds;
    times64[1] = times64[3] = nanoseconds - seconds * second;
    if (typeof target !== 'number') check(times(currentDirectory, terminated(target), buffer, noFollow), 'utimensat');
    // A name that is held open has no times of its own: those are of what it leads to.
    else if (Number(fileTimes(target, buffer)) < 0)
      check(times(currentDirectory, handleOf(target), buffer, 0), 'utimensat');
  };
}

function nativeOf(library: Library): Native {
  const { errno, set, node, lock, seek, exchange, unlink, look } = library;
  const check: Check = (result, call) => {
    if (Number(result) < 0) throw failure(call, errno());
  };
  return {
    readXattrs: xattrReader(library),
    hasXattr: (path, name) => Number(library.get(terminated(path), name, Buffer.alloc(1), 0)) >= 0,
    writeXattr(target, name, value) {
      // The kernel takes this one, of which it gives back nothing but an error.
      if (name === capability && value.length === 0) throw failure('lsetxattr', 22);
      const encoded = terminated(Buffer.from(name, 'latin1'));
      if (typeof target === 'number')
        check(library.setThrough(handleOf(target), encoded, value, value.length, 0), 'setxattr');
      else check(set(terminated(target), encoded, value, value.length, 0), 'lsetxattr');
    },
    makeNode(bytes, mode, { major, minor }) {
      check(node(terminated(bytes), mode, deviceNumber(major, minor)), 'mknod');
    },
    setTime: timeSetter(library, check),
    lockFile(file, how = 'exclusive') {
      const result = lock(file, how === 'shared' ? sharedNow : exclusiveNow);
      if (Number(result) < 0 && errno() === 11 /* EAGAIN */) return false;
      check(result, 'flock');
      return true;
    },
    dataFrom(file, start) {
      const data = Number(seek(file, start, seekData));
      if (data < 0 && errno() === noSuchAddress) return undefined;
      check(data, 'lseek');
      const end = Number(seek(file, data, seekHole));
      check(end, 'lseek');
      return { start: data, end };
    },
    exchange(one, other) {
      const [from, to] = [terminated(one), terminated(other)];
      check(exchange(currentDirectory, from, currentDirectory, to, exchangeFlag), 'renameat2');
    },
    unlinkAt: (directory, name) => unlink(directory, terminated(name), 0) === 0,
    ...look,
  };
}

let loaded: { readonly native: Native | undefined } | undefined;

/** The native calls where somebody has loaded them: for what is not worth that alone. */
export const loadedNative = (): Native | undefined => loaded?.native;

/** The native calls, or undefined where the optional package koffi or a Linux C library is missing. */
export function loadNative(): Native | undefined {
  loaded ??= { native: load() };
  return loaded.native;
}

/** Where the package is that the calls are made with, for a thread that makes some itself; undefined where they are missing. */
export const nativePath = (): string | undefined =>
  loadNative() === undefined ? undefined : createRequire(import.meta.url).resolve(packageName());

const packageName = (): string => `@koromix/koffi-linux-${process.arch}`;

interface Koffi {
  /** The C library that Node itself runs on, where the name is null. */
  load(name: string | null): CLibrary;
  errno(): number;
}

function load(): Native | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // koffi's binary itself: what stands around it runs a script when it is installed.
    const koffi = createRequire(import.meta.url)(packageName()) as Koffi;
    const library = koffi.load(null);
    return nativeOf({
      errno: () => koffi.errno(),
      list: library.func('int64_t llistxattr(const char *path, void *list, size_t size)'),
      get: library.func('int64_t lgetxattr(const char *path, const char *name, void *value, size_t size)'),
      set: library.func('int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)'),
      setThrough: library.func(
        'int setxattr(const char *path, const char *name, const void *value, size_t size, int flags)',
      ),
      node: makeNodeOf(library),
      times: library.func('int utimensat(int directory, const char *path, const void *times, int flags)'),
      fileTimes: library.func('int futimens(int file, const void *times)'),
      lock: library.func('int flock(int file, int operation)'),
      seek: seekOf(library),
      exchange: exchangeOf(library),
      unlink: library.func('int unlinkat(int directory, const char *path, int flags)'),
      // Deno's own fstat rounds times: what it says of an open file must be what was said of its name.
      look: process.versions['deno'] === undefined ? nativeLook(library, () => koffi.errno()) : {},
    });
  } catch {
    return undefined;
  }
}
