import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { OciError } from '../../errors.ts';
import { objectIn } from '../../graph/reach.ts';
import { documentLimit } from '../../limits.ts';
import { type Digest, parseDigest } from '../../spec/digest.ts';
import type { Json } from '../../spec/objects.ts';
import { fileCost, type Pace } from '../../stream/pace.ts';
import { onDisk, systemCode } from '../disk/system-error.ts';
import { blobPath } from './blobs.ts';

/** A file of a layout, as it lies there. Sizes in bytes; `diskSize` is what its removal gives back: nothing where it has other names. */
export interface StandingFile {
  readonly path: string;
  readonly size: number;
  readonly diskSize: number;
  /** Milliseconds since 1970. */
  readonly mtime: number;
}

export interface BlobFile extends StandingFile {
  readonly digest: Digest;
}

const statBlock = 512;
const algorithms = ['sha256', 'sha512', 'blake3'] as const;
const expected = 'a layout that can be listed';

/** What stands at a path; undefined where nothing does. A symlink is itself, not what it leads to. */
export function standingAt(path: string): (StandingFile & { readonly isDirectory: boolean }) | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const diskSize = found.nlink > 1 && !found.isDirectory() ? 0 : found.blocks * statBlock;
  return { path, size: found.size, diskSize, mtime: found.mtimeMs, isDirectory: found.isDirectory() };
}

export function namesIn(directory: string): readonly string[] {
  return onDisk(directory, expected, () => {
    try {
      return readdirSync(directory).sort();
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  });
}

/** Blobs that several layouts may share are nobody's to remove. */
function checkOwn(directory: string): void {
  if (!onDisk(directory, expected, () => lstatSync(directory, { throwIfNoEntry: false }))?.isSymbolicLink()) return;
  throw new OciError('conflict', directory, 'expected a directory of its own, got a symbolic link', {
    hint: 'other layouts may keep their blobs there as well',
  });
}

function digestNamed(algorithm: string, name: string): Digest | undefined {
  try {
    return parseDigest(`${algorithm}:${name}`, name);
  } catch {
    return undefined;
  }
}

/** The directories that hold a layout's blobs. Throws `conflict` where one is a symlink. */
export function blobDirectories(layout: string): readonly (readonly [algorithm: string, path: string])[] {
  checkOwn(join(layout, 'blobs'));
  return algorithms.map(algorithm => {
    const path = join(layout, 'blobs', algorithm);
    checkOwn(path);
    return [algorithm, path] as const;
  });
}

/** Every file of a layout whose name is a digest that ocikit knows, sorted; nothing of them is read. */
export async function listBlobs(layout: string, pace: Pace): Promise<readonly BlobFile[]> {
  const found: BlobFile[] = [];
  for (const [algorithm, directory] of blobDirectories(layout)) {
    for (const name of namesIn(directory)) {
      await pace.spend(fileCost >> 2);
      const digest = digestNamed(algorithm, name);
      const standing = digest === undefined ? undefined : standingAt(join(directory, name));
      if (digest !== undefined && standing !== undefined && !standing.isDirectory) found.push({ ...standing, digest });
    }
  }
  return found;
}

const brace = 0x7b;
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

function readObject(file: number): Json | undefined {
  const found = fstatSync(file);
  const { size } = found;
  if (!found.isFile() || size > documentLimit) return undefined;
  const head = Buffer.alloc(Math.min(size, fileCost));
  readSync(file, head, 0, head.length, 0);
  if (head.find(byte => !isSpace(byte)) !== brace) return undefined;
  const bytes = Buffer.alloc(size);
  for (let at = 0, read = 1; at < size && read > 0; at += read) read = readSync(file, bytes, at, size - at, at);
  return objectIn(bytes);
}

/**
 * The JSON object that a blob is, by its first bytes and its size; undefined for any other, and where it is not there. Its digest
 * is not checked: what a damaged document names is kept as well.
 */
export function documentIn(layout: string, digest: string): Json | undefined {
  let file: number | undefined;
  try {
    const path = blobPath(layout, { digest: parseDigest(digest, layout) });
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return readObject(file);
  } catch (error) {
    // What no blob of ours is called, and what is not there, names nothing.
    if (error instanceof OciError || ['ENOENT', 'ELOOP', 'EISDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
