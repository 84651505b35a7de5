import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { nodeEngine } from '../../engine/node.ts';
import { OciError } from '../../errors.ts';
import { objectIn } from '../../graph/reach.ts';
import { documentLimit } from '../../limits.ts';
import { algorithmOf, type Digest, encodedOf, parseDigest } from '../../spec/digest.ts';
import type { Json } from '../../spec/objects.ts';
import { fileCost, type Pace, statCost } from '../../stream/pace.ts';
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

/** Whether a directory is a symbolic link to one: several layouts may share what is in it. */
export const isLinked = (directory: string): boolean =>
  onDisk(directory, expected, () => lstatSync(directory, { throwIfNoEntry: false }))?.isSymbolicLink() === true;

/** Blobs that several layouts may share are nobody's to remove. */
function checkOwn(directory: string): void {
  if (!isLinked(directory)) return;
  throw new OciError('conflict', directory, 'expected a directory of its own, got a symbolic link', {
    hint: 'other layouts may keep their blobs there as well',
  });
}

export function digestNamed(algorithm: string, name: string): Digest | undefined {
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
      await pace.spend(statCost);
      const digest = digestNamed(algorithm, name);
      const standing = digest === undefined ? undefined : standingAt(join(directory, name));
      if (digest !== undefined && standing !== undefined && !standing.isDirectory) found.push({ ...standing, digest });
    }
  }
  return found;
}

const brace = 0x7b;
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** What lies where a blob should: whether anything does, and the JSON object that it is, with its bytes proven or not. */
export interface HeldBlob {
  readonly isHere: boolean;
  readonly document?: Json | undefined;
  /** Whether it is a document whose bytes fit the digest. */
  readonly isWhole: boolean;
}

function readObject(file: number, digest: Digest): HeldBlob {
  const found = fstatSync(file);
  const { size } = found;
  const other = { isHere: true, isWhole: false };
  if (!found.isFile() || size > documentLimit) return other;
  const head = Buffer.alloc(Math.min(size, fileCost));
  readSync(file, head, 0, head.length, 0);
  if (head.find(byte => !isSpace(byte)) !== brace) return other;
  const bytes = Buffer.alloc(size);
  for (let at = 0, read = 1; at < size && read > 0; at += read) read = readSync(file, bytes, at, size - at, at);
  const document = objectIn(bytes);
  return { isHere: true, document, isWhole: document !== undefined && hasDigest(bytes, digest) };
}

function hasDigest(bytes: Uint8Array, digest: Digest): boolean {
  const hasher = nodeEngine.createHash(algorithmOf(digest));
  hasher.update(bytes);
  return hasher.digest() === encodedOf(digest);
}

/** The JSON object that a blob is, by its first bytes and its size. What a damaged one says is told as well, and that it is damaged. */
export function blobIn(layout: string, digest: string): HeldBlob {
  let file: number | undefined;
  try {
    const known = parseDigest(digest, layout);
    file = openSync(blobPath(layout, { digest: known }), constants.O_RDONLY | constants.O_NONBLOCK);
    return readObject(file, known);
  } catch (error) {
    // What no blob of ours is called, and what is not there, names nothing.
    const code = systemCode(error) ?? '';
    if (error instanceof OciError || code === 'ENOENT') return { isHere: false, isWhole: false };
    if (code === 'ELOOP' || code === 'EISDIR') return { isHere: true, isWhole: false };
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
