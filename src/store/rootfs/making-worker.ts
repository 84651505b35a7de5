import { batchProgram } from '../../engine/batch-thread.ts';

type Disk = typeof import('node:fs');

/** So many words stand before the bytes of a record: its kind, how many bytes, and up to nine numbers. */
export const headLength: number = 12;
/** Kinds of records. */
export const kinds = { directory: 0, file: 1, data: 2, end: 3 } as const;

/** State of the worker: the directories that are open from the root to where it is, and the file that is being written. */
export interface Making {
  readonly disk: Disk;
  /** Sets the times of an open file exactly. */
  readonly setTime: (file: number, time: BigInt64Array) => void;
  readonly handles: string;
  readonly flags: { readonly directory: number; readonly create: number };
  readonly time: BigInt64Array;
  readonly levels: { readonly file: number; readonly name: string }[];
  name: string;
  file: number | undefined;
  /** What is being done. */
  step: number;
  hasFailed: boolean;
}

/** The functions below run in the worker as text: they name nothing but each other. */
function placeOf({ handles, levels, name }: Making): string | Buffer {
  const place = `${handles}/${(levels[levels.length - 1] as { readonly file: number }).file}/${name}`;
  return /[^\x01-\x7f]/.test(name) ? Buffer.from(place, 'latin1') : place;
}

/** Goes up to a level, and makes a directory there, or enters one. */
function enterDirectory(making: Making, head: Int32Array): void {
  const { disk, levels, flags } = making;
  while (levels.length > (head[2] as number)) disk.closeSync((levels.pop() as { readonly file: number }).file);
  if (making.name === '') return;
  const place = placeOf(making);
  if (head[3] === 1) disk.mkdirSync(place, 0o700);
  levels.push({ file: disk.openSync(place, flags.directory), name: making.name });
}

function sizeFrom(head: Int32Array, at: number): number {
  return (head[at + 1] as number) * 2 ** 32 + ((head[at] as number) >>> 0);
}

function writeData({ disk, file }: Making, bytes: Uint8Array, head: Int32Array): void {
  const start = sizeFrom(head, 2);
  for (let written = 0; written < bytes.length; )
    written += disk.writeSync(file as number, bytes, written, bytes.length - written, start + written);
}

/** Owner first: it clears set-id bits. */
function endFile(making: Making, head: Int32Array): void {
  const { disk, time } = making;
  const [file, flags] = [making.file as number, head[2] as number];
  if ((flags & 1) !== 0) disk.ftruncateSync(file, sizeFrom(head, 3));
  if ((flags & 2) !== 0) disk.fchownSync(file, (head[5] as number) >>> 0, (head[6] as number) >>> 0);
  if ((flags & 4) !== 0) disk.fchmodSync(file, head[7] as number);
  time[0] = time[2] = BigInt(sizeFrom(head, 8));
  time[1] = time[3] = BigInt(head[10] as number);
  making.setTime(file, time);
  making.file = undefined;
  disk.closeSync(file);
}

function doRecord(making: Making, head: Int32Array, bytes: Uint8Array): void {
  making.step = head[0] as number;
  if (making.step === 2) writeData(making, bytes, head);
  else if (making.step === 3) endFile(making, head);
  else {
    making.name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    if (making.step === 0) enterDirectory(making, head);
    else making.file = making.disk.openSync(placeOf(making), making.flags.create, head[2]);
  }
}

/** What went wrong: what was being done, where, and what the system said. */
export interface MakingFailure {
  readonly step: number;
  readonly path: string;
  readonly message: string;
  readonly system: {
    readonly code: string | undefined;
    readonly errno: number | undefined;
    readonly syscall: string | undefined;
  };
}

function failureOf({ step, levels, name }: Making, error: NodeJS.ErrnoException): MakingFailure {
  const names = levels.slice(1).map(level => level.name);
  const { code, errno, syscall, message } = error;
  return { step, path: [...names, name].join('/'), message, system: { code, errno, syscall } };
}

/** Does the records of a batch; after one that went wrong nothing more. */
function takeRecords(making: Making, bytes: Uint8Array, isStopped: () => boolean): MakingFailure | undefined {
  const words = new Int32Array(bytes.buffer, 0, bytes.length >> 2);
  try {
    for (let at = 0; at < words.length && !making.hasFailed && !isStopped(); ) {
      const [head, start] = [words.subarray(at, at + 12), (at + 12) * 4];
      doRecord(making, head, bytes.subarray(start, start + (head[1] as number)));
      at += 12 + (((head[1] as number) + 3) >> 2);
    }
  } catch (error) {
    making.hasFailed = true;
    return failureOf(making, error as NodeJS.ErrnoException);
  }
  return undefined;
}

const functions = [placeOf, enterDirectory, sizeFrom, writeData, endFile, doRecord, failureOf, takeRecords];

export const makingProgram: string = batchProgram(
  functions,
  `
const { native, root, handles, flags } = data;
const disk = require('node:fs');
const koffi = require(native);
const times = koffi.load(null).func('int futimens(int file, const void *times)');
const setTime = (file, time) => {
  if (times(file, Buffer.from(time.buffer)) >= 0) return;
  throw Object.assign(new Error('futimens'), { errno: -koffi.errno(), syscall: 'futimens' });
};
const levels = [{ file: disk.openSync(root, flags.directory), name: '' }];
const making = { disk, setTime, handles, flags, time: new BigInt64Array(4), levels, name: '', step: 0, hasFailed: false };
const take = (bytes, isStopped) => ${takeRecords.name}(making, bytes, isStopped);`,
);
