import type { BigIntStats } from 'node:fs';
import { second } from '../../tree/time.ts';

/** What a file is without its contents: everything that changes when it does. */
export interface Stat {
  readonly device: bigint;
  readonly inode: bigint;
  /** With the bits that say of what type it is. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly size: number;
  /** Nanoseconds. */
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** Which device a device file stands for. */
  readonly special: bigint;
}

/** Which file it is, whatever its name. */
export type Identity = Pick<Stat, 'device' | 'inode'>;

export function statOf(found: BigIntStats): Stat {
  return {
    device: found.dev,
    inode: found.ino,
    mode: Number(found.mode),
    uid: Number(found.uid),
    gid: Number(found.gid),
    links: Number(found.nlink),
    size: Number(found.size),
    mtime: found.mtimeNs,
    ctime: found.ctimeNs,
    special: found.rdev,
  };
}

export const isSameFile = (one: Identity, other: Identity): boolean =>
  one.inode === other.inode && one.device === other.device;

type Kind = 'file' | 'directory' | 'symlink' | 'fifo' | 'char' | 'block';

const kinds: ReadonlyMap<number, Kind> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
  [0o010000, 'fifo'],
  [0o020000, 'char'],
  [0o060000, 'block'],
]);

/** What type of file it is; undefined for a socket and for what only other systems have. */
export const kindOf = ({ mode }: Stat): Kind | undefined => kinds.get(mode & 0o170000);

/** Linux's device numbers. */
export const majorOf = (device: bigint): number => Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn));
export const minorOf = (device: bigint): number => Number((device & 0xffn) | ((device >> 12n) & ~0xffn));

/** Linux's encoding of a device number. */
export function deviceNumber(major: number, minor: number): bigint {
  // Nearly all are small, and this is asked for every file.
  if (major < 0x1000 && minor < 0x100) return BigInt((major << 8) | minor);
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high & 0xfffn) << 8n) | (low & 0xffn) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n);
}

/** Reads what statx(2) fills in: the same on every machine, unlike what stat(2) does. */
export function statxReader(buffer: ArrayBuffer): () => Stat {
  const halves = new Uint16Array(buffer);
  const words = new Uint32Array(buffer);
  const wide = new BigUint64Array(buffer);
  const signed = new BigInt64Array(buffer);
  const word = (at: number): number => words[at / 4] as number;
  const timeAt = (at: number): bigint => (signed[at / 8] as bigint) * second + BigInt(word(at + 8));
  return () => ({
    device: deviceNumber(word(136), word(140)),
    inode: wide[4] as bigint,
    mode: halves[14] as number,
    uid: word(20),
    gid: word(24),
    links: word(16),
    size: Number(wide[5]),
    mtime: timeAt(112),
    ctime: timeAt(96),
    special: deviceNumber(word(128), word(132)),
  });
}
