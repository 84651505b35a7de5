import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { posix } from 'node:path';
import { decompress, detectCompression, magicSize, type TarCompression } from '../../codec/compression.ts';
import type { Bytes } from '../../engine/engine.ts';
import { changed, invalid } from '../../errors.ts';
import { archiveLinkLimit } from '../../limits.ts';
import { flow } from '../../stream/flow.ts';
import { Pace, type Work } from '../../stream/pace.ts';
import type { ByteString } from '../../tree/node.ts';
import { encodeText, shortTextOf } from '../../tree/path.ts';
import { type Region, regionChunks } from '../disk/region.ts';
import { onDisk } from '../disk/system-error.ts';
import { type ArchiveInput, FileInput, StreamInput } from './archive-input.ts';
import { type ArchiveIndex, indexArchive, memberName, tooMany } from './index-archive.ts';

type ArchiveKind = 'oci-archive' | 'docker-archive';

/** The members that tell what kind of images an archive holds; where both are, it is an oci-archive. */
const kindMembers: ReadonlyMap<string, ArchiveKind> = new Map([
  ['oci-layout', 'oci-archive'],
  ['manifest.json', 'docker-archive'],
  ['repositories', 'docker-archive'],
]);

/** A tar that holds images: its members by name, their bytes read where they lie. */
export interface Archive {
  /** The path as the user gave it, for messages. */
  readonly subject: string;
  /** Where the bytes are on disk; undefined where the archive is compressed as a whole. */
  readonly path: string | undefined;
  /** What kind of images it holds; undefined where it holds none. */
  readonly kind: ArchiveKind | undefined;
  /** A file by its name, hardlinks followed and symlinks where asked; undefined where there is none. Throws `invalid` for what is no file. */
  find(name: string, options?: { readonly symlinks?: boolean }): Region | undefined;
  /** Its files below a directory, by their paths there, with their sizes in bytes. */
  filesBelow(directory: string): Iterable<{ readonly path: string; readonly size: number }>;
  /** The bytes of a file, unchecked. Chunks of up to 1 MiB, each valid until the next. */
  open(region: Region): Bytes;
}

/** Where a link of `from` leads; undefined where that is outside the archive. */
function targetOf(from: ByteString, member: { kind: 'hardlink' | 'symlink'; target: ByteString }) {
  if (member.kind === 'hardlink') return memberName(member.target);
  if (member.target.startsWith('/')) return undefined;
  return memberName(posix.join(posix.dirname(from), member.target));
}

const words = {
  directory: 'a directory',
  other: 'something else',
  several: 'several of that name',
  hardlink: 'a hardlink that leads to none',
  symlink: 'a symbolic link',
} as const;

/** Follows the links of an archive to a file's bytes. */
function findMember(
  { members }: ArchiveIndex,
  name: string,
  options: { readonly symlinks: boolean; readonly subject: string },
): Region | undefined {
  let at = memberName(encodeText(name));
  let got = 'a name that leads out of the archive';
  for (let links = 0; at !== undefined && links < archiveLinkLimit; links++) {
    const member = members.get(at);
    if (member === undefined && links === 0) return undefined;
    if (member?.kind === 'file') return member;
    if (member !== undefined) got = words[member.kind];
    if (member?.kind !== 'hardlink' && (member?.kind !== 'symlink' || !options.symlinks)) break;
    at = targetOf(at, member);
  }
  throw invalid(`${options.subject}: ${shortTextOf(encodeText(name))}`, 'a file in the archive', got);
}

interface OpenFile {
  readonly file: number;
  readonly stat: Stats;
}

function openRegular(path: string): OpenFile {
  const file = onDisk(path, 'an image archive', () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  const stat = fstatSync(file);
  if (stat.isFile()) return { file, stat };
  closeSync(file);
  throw invalid(path, 'an image archive (a file)', stat.isDirectory() ? 'a directory' : 'something else');
}

function compressionOf({ file, stat }: OpenFile, path: string): TarCompression {
  if (stat.size === 0) throw invalid(path, 'an image archive (a tar)', 'an empty file');
  const head = Buffer.alloc(magicSize);
  const length = onDisk(path, 'an archive that can be read', () => readSync(file, head, 0, magicSize, 0));
  return detectCompression(head.subarray(0, length));
}

/** Throws `conflict` unless a file is still what it was. */
function checkSame(file: number, known: Stats, path: string): void {
  const stat = fstatSync(file);
  if (stat.ino === known.ino && stat.size === known.size && stat.mtimeMs === known.mtimeMs) return;
  throw changed(path);
}

/** Bytes of a file that must be as it was when it was looked at first. */
async function* fileBytes(path: string, known: Stats, region: Region): Bytes {
  const { file } = openRegular(path);
  try {
    checkSame(file, known, path);
    yield* regionChunks(file, region, path);
    checkSame(file, known, path);
  } finally {
    closeSync(file);
  }
}

/** A run of bytes out of a stream. */
async function* regionOf(bytes: Bytes, { offset, size }: Region): Bytes {
  const input = new StreamInput(bytes);
  try {
    await input.skip(offset);
    for (let left = size; left > 0; ) {
      const chunk = await input.next(left);
      if (chunk.length === 0) return;
      left -= chunk.length;
      yield chunk;
    }
  } finally {
    await input.close();
  }
}

/** A tar's headers, to be read once, and its bytes. */
async function withInput<T>(
  path: string,
  { subject, work }: { readonly subject: string; readonly work: Work },
  use: (input: ArchiveInput, bytes: (region: Region) => Bytes, isPlain: boolean) => Promise<T>,
): Promise<T> {
  const opened = openRegular(path);
  try {
    const { file, stat } = opened;
    const compression = compressionOf(opened, path);
    const { signal } = work;
    const all = { offset: 0, size: stat.size };
    const whole = (): Bytes => flow(decompress(fileBytes(path, stat, all), compression, path), { signal });
    if (compression === 'none') {
      const input = new FileInput(file, { size: stat.size, subject, pace: new Pace(signal) });
      return await use(input, region => flow(fileBytes(path, stat, region), { signal }), true);
    }
    const input = new StreamInput(whole());
    try {
      return await use(input, region => regionOf(whole(), region), false);
    } finally {
      await input.close();
    }
  } finally {
    closeSync(opened.file);
  }
}

/** What the names in an archive say that it holds. A directory of such a name is a root filesystem's. */
function kindIn({ members }: ArchiveIndex): ArchiveKind | undefined {
  const isTold = (name: string): boolean => (members.get(name)?.kind ?? 'directory') !== 'directory';
  return [...kindMembers].find(([name]) => isTold(name))?.[1];
}

function* filesBelow({ members }: ArchiveIndex, prefix: string): ReturnType<Archive['filesBelow']> {
  for (const [name, member] of members)
    if (name.startsWith(prefix) && member.kind === 'file') yield { path: name.slice(prefix.length), size: member.size };
}

interface ArchiveBytes {
  readonly subject: string;
  readonly path: string | undefined;
  readonly open: (region: Region) => Bytes;
}

const archiveOf = (index: ArchiveIndex, bytes: ArchiveBytes): Archive => ({
  ...bytes,
  kind: kindIn(index),
  filesBelow: directory => filesBelow(index, `${directory}/`),
  find: (name, options) => findMember(index, name, { symlinks: options?.symlinks === true, subject: bytes.subject }),
});

/**
 * Opens a tar by its headers alone; `subject` names it in messages. Nothing is copied, and only a tar that is compressed as a whole is read through (again
 * for each blob). Throws `not-found`, and `invalid` with the offset for what is no tar or is truncated.
 */
export function openArchive(path: string, subject: string = path, work: Work = {}): Promise<Archive> {
  return withInput(path, { subject, work }, async (input, open, isPlain) =>
    archiveOf(await indexArchive(input, subject), { subject, path: isPlain ? path : undefined, open }),
  );
}

/** The same of a tar that need not hold images, however many members it has; undefined where it holds none. */
export function openIfArchive(path: string, work: Work): Promise<Archive | undefined> {
  return withInput(path, { subject: path, work }, async (input, open, isPlain) => {
    const index = await indexArchive(input, path, kindMembers);
    if (kindIn(index) === undefined) return undefined;
    if (!index.isWhole) throw tooMany(path);
    return archiveOf(index, { subject: path, path: isPlain ? path : undefined, open });
  });
}

/** What a file is compressed with as a whole. Throws as `openArchive`. */
export function compressionOfFile(path: string): TarCompression {
  const opened = openRegular(path);
  try {
    return compressionOf(opened, path);
  } finally {
    closeSync(opened.file);
  }
}

/** A file's bytes as they are, as often as they are wanted. A `conflict` error where it is not the same each time. */
export function fileReader(path: string): () => Bytes {
  const { file, stat } = openRegular(path);
  closeSync(file);
  return () => fileBytes(path, stat, { offset: 0, size: stat.size });
}
