import { constants } from 'node:fs';
import type { ByteString } from '../../tree/node.ts';
import { failure } from './errno.ts';
import { type CLibrary, statxOf, terminated } from './native-calls.ts';
import { type Stat, statxReader } from './stat.ts';

/** Looks at files through the open directory that they are in. No call follows a symlink. */
export interface NativeLook {
  /** What a name in an open directory is, without a walk from the root; with no name, what is open itself. Absent where the C library is too old. */
  statAt?(directory: number, name: ByteString): Stat;
  /**
   * Puts the beginning of what a name in an open directory is into `room`, and says how many bytes of it there were and what it was after
   * that: a small file in half the time that it takes through its path. Undefined where it is refused, for whatever reason. Absent as `statAt`.
   */
  readAt?(
    directory: number,
    name: ByteString,
    room: Uint8Array,
  ): { readonly length: number; readonly stat: Stat } | undefined;
}

type StatAt = NonNullable<NativeLook['statAt']>;

const [noFollow, emptyPath, basicStats, closeOnExec] = [0x100, 0x1000, 0x7ff, 0o2000000];
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | closeOnExec;
/** Linux's O_NOATIME, everywhere but on alpha. */
const noAccessTime = 0o1000000;
const ascii = /^[\x01-\x7f]*$/;

const nameIn = (name: ByteString): string | Buffer =>
  ascii.test(name) ? name : terminated(Buffer.from(name, 'latin1'));

function readerAt(library: CLibrary, statAt: StatAt): NonNullable<NativeLook['readAt']> {
  const open = library.func('int openat(int directory, const char *path, int flags)');
  const read = library.func('int64_t read(int file, void *bytes, size_t size)');
  const close = library.func('int close(int file)');
  // A time of reading for every file would be written to the disk again: only owners, and root, may do without.
  let quiet = noAccessTime;
  const opened = (directory: number, name: string | Buffer): number => {
    const file = Number(open(directory, name, readFlags | quiet));
    if (file >= 0 || quiet === 0) return file;
    const other = Number(open(directory, name, readFlags));
    if (other >= 0) quiet = 0;
    return other;
  };
  return (directory, name, room) => {
    const file = opened(directory, nameIn(name));
    if (file < 0) return undefined;
    try {
      let length = 0;
      for (let more = 1; more > 0 && length < room.length; length += more) {
        more = Number(read(file, length === 0 ? room : room.subarray(length), room.length - length));
        if (more < 0) return undefined;
      }
      return { length, stat: statAt(file, '') };
    } finally {
      close(file);
    }
  };
}

/** Both, where the C library has statx(2). */
export function nativeLook(library: CLibrary, errno: () => number): NativeLook {
  const stat = statxOf(library);
  if (stat === undefined) return {};
  const buffer = new ArrayBuffer(256);
  const [bytes, read] = [Buffer.from(buffer), statxReader(buffer)];
  const statAt: StatAt = (directory, name) => {
    const result = stat(directory, nameIn(name), name === '' ? emptyPath : noFollow, basicStats, bytes);
    if (Number(result) < 0) throw failure('statx', errno());
    return read();
  };
  return { statAt, readAt: readerAt(library, statAt) };
}
