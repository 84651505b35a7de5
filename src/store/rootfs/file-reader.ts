import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { changed } from '../../errors.ts';
import type { Path } from '../../tree/node.ts';
import { nameOf, parentOf, textOf } from '../../tree/path.ts';
import { Descent, isOtherwise } from '../disk/descent.ts';
import { fileChunks } from '../disk/file-chunks.ts';
import { ctimeOf, withLeaveAt } from '../disk/leave.ts';
import type { Native } from '../disk/native.ts';
import { isSameFile, kindOf, type Stat, statOf } from '../disk/stat.ts';
import { systemError } from '../disk/system-error.ts';

const bufferSize = 1 << 20;
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const exact = { bigint: true } as const;

/** A file on disk, and what it was when it was listed. */
export interface Listed {
  readonly path: Path;
  readonly stat: Stat | undefined;
}

/** Buffers that no reader holds: two readers never share one, whoever waits for whom. */
const buffers: Buffer[] = [];

const changedFile = (path: Path): Error => changed(`/${textOf(path)}`);

function isSame(now: Stat, stat: Stat | undefined): boolean {
  return (
    stat !== undefined &&
    kindOf(now) === 'file' &&
    isSameFile(now, stat) &&
    now.size === stat.size &&
    now.mtime === stat.mtime &&
    now.ctime === ctimeOf(stat)
  );
}

function checkSame(descriptor: number, { path, stat }: Listed, native: Native | undefined): void {
  if (!isSame(native?.statAt?.(descriptor, '') ?? statOf(fstatSync(descriptor, exact)), stat)) throw changedFile(path);
}

function unread(error: unknown, { path }: Listed): unknown {
  return isOtherwise(error) ? changedFile(path) : systemError(error, `/${textOf(path)}`, 'a file that can be read');
}

/** Reads files that must be as they were when they were listed. State: the directory that the last one was in. */
export class FileReader {
  readonly #root: string;
  readonly #native: Native | undefined;
  #descent: Descent | undefined;

  constructor(root: string, native: Native | undefined) {
    this.#root = root;
    this.#native = native;
  }

  *read(listed: Listed): Generator<Uint8Array> {
    const buffer = buffers.pop() ?? Buffer.allocUnsafeSlow(bufferSize);
    try {
      const descriptor = this.#open(listed);
      try {
        yield* this.#chunks(descriptor, listed, buffer);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      throw unread(error, listed);
    } finally {
      buffers.push(buffer);
    }
  }

  /** Reads a file of the size of `room` into it. */
  fill(listed: Listed, room: Uint8Array): void {
    try {
      if (this.#isFilled(listed, room)) return;
      const descriptor = this.#open(listed);
      try {
        checkSame(descriptor, listed, this.#native);
        let read = 0;
        for (let more = 1; more > 0 && read < room.length; read += more)
          more = readSync(descriptor, room, read, room.length - read, null);
        if (read !== room.length) throw changedFile(listed.path);
        checkSame(descriptor, listed, this.#native);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      throw unread(error, listed);
    }
  }

  /** The quick way: what is at the name afterwards as it was listed has been so all the while. False where it finds no way to it. */
  #isFilled({ path, stat }: Listed, room: Uint8Array): boolean {
    const { held } = this.#enter(path);
    const read = held === undefined ? undefined : this.#native?.readAt?.(held, nameOf(path), room);
    if (read !== undefined && (read.length !== room.length || !isSame(read.stat, stat))) throw changedFile(path);
    return read !== undefined;
  }

  *#chunks(descriptor: number, listed: Listed, buffer: Buffer): Generator<Uint8Array> {
    checkSame(descriptor, listed, this.#native);
    const size = listed.stat?.size ?? 0;
    let read = 0;
    for (const chunk of fileChunks(descriptor, { offset: 0, size }, { buffer, native: this.#native })) {
      read += chunk.length;
      yield chunk;
    }
    if (read !== size) throw changedFile(listed.path);
    checkSame(descriptor, listed, this.#native);
  }

  close(): void {
    this.#descent?.close();
    this.#descent = undefined;
  }

  /** Goes to the directory that a path is in. */
  #enter(path: Path): Descent {
    this.#descent ??= new Descent(this.#root);
    this.#descent.enter(parentOf(path));
    return this.#descent;
  }

  #open({ path, stat }: Listed): number {
    const descent = this.#enter(path);
    const place = descent.place(nameOf(path));
    return descent.reach(() => withLeaveAt(place, stat, () => openSync(place, openFlags)));
  }
}
