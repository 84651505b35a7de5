import { constants, existsSync } from 'node:fs';
import { BatchThread, batchSize, canBatch } from '../../engine/batch-thread.ts';
import { systemError } from '../../errors.ts';
import type { FileNode, LayerEntry, Meta, Path } from '../../tree/node.ts';
import { nameOf, parentOf, textOf } from '../../tree/path.ts';
import { second, secondsOf } from '../../tree/time.ts';
import { directoryFlags } from '../disk/descent.ts';
import { clampTime } from '../disk/disk-time.ts';
import { codeOf } from '../disk/errno.ts';
import { handles } from '../disk/handles.ts';
import { nativePath } from '../disk/native.ts';
import { type Blocks, SparseFile } from '../disk/sparse-file.ts';
import type { FileSteps } from './attributes.ts';
import { headLength, kinds, type MakingFailure, makingProgram } from './making-worker.ts';

/** Fewer entries are made sooner than a thread has started. */
const fewest = 2000;
/** So deep directories are held open, each; those that lie deeper are made without a thread. */
const deepest = 40;
/** So many batches may be on their way while more is made. */
const mostOnTheWay = 8;
const create = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** What was expected where a step went wrong, as `RootfsWriter` says it. */
const expected = [
  'a path that can be written',
  'a path that can be written',
  'room for the file',
  'a file whose attributes can be set',
] as const;

const depthOf = (path: Path): number => (path === '' ? 0 : path.split('/').length);

const isFit = (entry: LayerEntry): boolean =>
  depthOf(entry.path) <= deepest &&
  (entry.kind !== 'node' || entry.node.kind !== 'file' || entry.node.meta.xattrs.size === 0);

/** Whether a thread is worth its start for these entries, and can make all of them. */
export const isForThread = (entries: readonly LayerEntry[], most: number = fewest): boolean =>
  entries.length >= most && entries.every(isFit);

function brokenBy(failure: unknown): unknown {
  const { step, path, message, system } = failure as MakingFailure;
  const code = system.code ?? codeOf(-(system.errno ?? 0));
  const error = Object.assign(new Error(message), { ...system, code });
  return systemError(error, `/${textOf(path)}`, expected[step] as string);
}

/**
 * Makes directories and files in a thread of its own, in the order in which it is told of them: what `RootfsWriter` would make. State: the batch
 * that is being filled, the directory that the thread will be in by then, and the file that is being written.
 */
export class MakingThread {
  readonly #thread: BatchThread;
  readonly #stepsOf: (meta: Meta) => FileSteps;
  #batch: Uint8Array;
  #words: Int32Array;
  /** How many words of the batch are taken. */
  #filled = 0;
  #directory: Path = '';
  #file: { readonly node: FileNode; readonly body: SparseFile; size: number | undefined } | undefined;

  /** Throws where no thread can be started. */
  constructor(root: string, native: string, stepsOf: (meta: Meta) => FileSteps) {
    const data = { root, native, handles, flags: { directory: directoryFlags, create } };
    this.#thread = new BatchThread(makingProgram, data, brokenBy);
    this.#stepsOf = stepsOf;
    this.#batch = this.#thread.room();
    this.#words = new Int32Array(this.#batch.buffer);
  }

  directory(path: Path): void {
    this.#goTo(parentOf(path));
    this.#enter(path, 1);
  }

  file(path: Path, node: FileNode): void {
    this.#goTo(parentOf(path));
    this.#record(kinds.file, Buffer.from(nameOf(path), 'latin1'), [this.#stepsOf(node.meta).made]);
    this.#file = { node, body: new SparseFile(this.#blocks), size: undefined };
  }

  write(chunk: Uint8Array): void {
    this.#file?.body.write(chunk);
  }

  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    file.body.end();
    this.#file = undefined;
    const { meta } = file.node;
    const { owner, mode } = this.#stepsOf(meta);
    const time = clampTime(meta.mtime);
    const seconds = secondsOf(time);
    const flags = (file.size === undefined ? 0 : 1) | (owner === undefined ? 0 : 2) | (mode === undefined ? 0 : 4);
    this.#record(kinds.end, nothing, [
      flags,
      ...halves(file.size ?? 0),
      owner?.uid ?? 0,
      owner?.gid ?? 0,
      mode ?? 0,
      ...halves(Number(seconds)),
      Number(time - seconds * second),
    ]);
  }

  /** Answers a promise while the thread is far behind, else nothing. Throws what went wrong in it. */
  ready(): Promise<void> | undefined {
    return this.#thread.fewer(mostOnTheWay);
  }

  /** Everything has been made. */
  async finish(): Promise<void> {
    if (this.#filled > 0) this.#post();
    await this.#thread.fewer(0);
  }

  /** Ends the thread, wherever it is. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  readonly #blocks: Blocks = {
    put: (bytes, position) => {
      for (let at = 0; at < bytes.length; ) {
        const part = bytes.subarray(at, at + this.#left());
        this.#record(kinds.data, part, halves(position + at));
        at += part.length;
      }
    },
    extend: size => {
      if (this.#file !== undefined) this.#file.size = size;
    },
  };

  #goTo(directory: Path): void {
    if (directory === this.#directory) return;
    if (directory !== '' && !this.#directory.startsWith(`${directory}/`)) {
      this.#goTo(parentOf(directory));
      this.#enter(directory, 0);
      return;
    }
    this.#record(kinds.directory, nothing, [depthOf(directory) + 1, 0]);
    this.#directory = directory;
  }

  #enter(path: Path, isNew: 0 | 1): void {
    this.#record(kinds.directory, Buffer.from(nameOf(path), 'latin1'), [depthOf(path), isNew]);
    this.#directory = path;
  }

  /** How many bytes the next record may have: a new batch is begun where those are few. */
  #left(): number {
    const left = batchSize - (this.#filled + headLength) * 4;
    if (left >= 1024) return left;
    this.#post();
    return batchSize - headLength * 4;
  }

  #record(kind: number, bytes: Uint8Array, numbers: readonly number[]): void {
    if (bytes.length > this.#left()) this.#post();
    const [words, at] = [this.#words, this.#filled];
    words[at] = kind;
    words[at + 1] = bytes.length;
    for (let index = 0; index < numbers.length; index++) words[at + 2 + index] = numbers[index] as number;
    this.#batch.set(bytes, (at + headLength) * 4);
    this.#filled = at + headLength + ((bytes.length + 3) >> 2);
  }

  #post(): void {
    const length = this.#filled * 4;
    this.#thread.post(this.#batch, length);
    this.#batch = this.#thread.room();
    this.#words = new Int32Array(this.#batch.buffer);
    this.#filled = 0;
  }
}

const nothing = new Uint8Array(0);

/** A number as two words: the lower first. */
const halves = (number: number): readonly [number, number] => [number | 0, Math.floor(number / 2 ** 32)];

/** A thread that makes what is in a directory; undefined where none can be had. */
export function openMakingThread(root: string, stepsOf: (meta: Meta) => FileSteps): MakingThread | undefined {
  const native = canBatch ? nativePath() : undefined;
  // Without /proc what is held open has no path.
  if (native === undefined || !existsSync(handles)) return undefined;
  try {
    return new MakingThread(root, native, stepsOf);
  } catch {
    return undefined;
  }
}
