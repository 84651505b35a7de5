import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../../engine/engine.ts';
import { nodeEngine } from '../../engine/node.ts';
import { OciError } from '../../errors.ts';
import type { ImageStore, StoredBlob } from '../../graph/source.ts';
import { encodeDocument } from '../../spec/document.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import type { ImageIndex, LayoutHeader } from '../../spec/objects.ts';
import { drain } from '../../stream/drain.ts';
import { hashed } from '../../stream/hashed.ts';
import type { Work } from '../../stream/pace.ts';
import { createFile, makeDirectories, syncDirectory, takeBackDirectories } from '../disk/atomic.ts';
import { onDisk } from '../disk/system-error.ts';
import { temporaryPrefix } from '../disk/temporary.ts';
import { openBlobRoom } from './blob-room.ts';
import { bareLayout, changedIndex, encodeIndex, isBareLayout, openLayout, readIndexFile } from './layout.ts';
import { underLock } from './lock.ts';

const emptyIndex: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };
const header: LayoutHeader = { imageLayoutVersion: '1.0.0' };
const place = 'a place for an image layout';

const isOurs = (name: string): boolean =>
  name === 'blobs' || name === 'index.json' || name === 'index.json.lock' || name.startsWith(temporaryPrefix);

/** Whether a layout that lacks its file `oci-layout` alone gets it; false when absent. */
export interface Completing {
  readonly completes?: boolean;
}

/**
 * Whether a directory is a layout, or nothing that a layout would disturb: empty, or one that another process is making. One that lacks
 * its header alone is `bare` for who completes it; for whoever else it throws `conflict`, as for anything that is in the way.
 */
export function stateOf(path: string, { completes = false }: Completing = {}): 'layout' | 'bare' | 'free' {
  const found = onDisk(path, place, () => statSync(path, { throwIfNoEntry: false }));
  if (found === undefined) return 'free';
  if (!found.isDirectory()) throw new OciError('conflict', path, `expected ${place}, got a file`);
  const names = onDisk(path, place, () => readdirSync(path));
  const foreign = names.find(name => !isOurs(name));
  const isUsed =
    foreign === undefined && names.includes('index.json') && readIndexFile(path).value.manifests.length > 0;
  // Looked for last: another process may have finished the layout since it was listed.
  const header = join(path, 'oci-layout');
  if (onDisk(header, place, () => statSync(header, { throwIfNoEntry: false })) !== undefined) return 'layout';
  if (foreign === undefined && !isUsed) return 'free';
  if (isBareLayout(path)) {
    if (completes) return 'bare';
    throw bareLayout(path);
  }
  throw new OciError(
    'conflict',
    path,
    `expected an image layout or an empty directory, got a directory that holds '${foreign}'`,
  );
}

/** The digest and size (bytes) that a stream would be stored under. */
async function measure(bytes: Bytes): Promise<StoredBlob> {
  const hasher = nodeEngine.createHash('sha256');
  const size = await drain(hashed(bytes, hasher));
  return { digest: `sha256:${hasher.digest()}`, size };
}

/** A store that reads what is at `path` (an empty layout where nothing is) and writes nothing: it only tells what would result. */
async function previewLayout(path: string, isThere: boolean): Promise<ImageStore> {
  const source = isThere ? await openLayout(path) : undefined;
  const index: ImageStore['index'] = async () => (source === undefined ? encodeIndex(emptyIndex) : source.index());
  const absent = (): OciError => new OciError('not-found', path, 'expected an image layout, got nothing');
  return {
    subject: path,
    index,
    has: async descriptor => source !== undefined && (await source.has(descriptor)),
    async *open(descriptor) {
      if (source === undefined) throw absent();
      yield* source.open(descriptor);
    },
    async read(descriptor, limit) {
      if (source === undefined) throw absent();
      return source.read(descriptor, limit);
    },
    fileOf: descriptor => source?.fileOf(descriptor),
    put: measure,
    async bring(from, descriptor) {
      if (source !== undefined && (await source.has(descriptor))) return;
      await drain(from.open(descriptor));
    },
    updateIndex: async change => changedIndex((await index()).value, change, path),
  };
}

/** Makes the parts of a layout that are not there, under its lock. What comes back takes them away again, before the lock is given back. */
export function makeParts(path: string): () => void {
  const made: string[] = [];
  const files: string[] = [];
  const undo = (): void => {
    for (const file of files) rmSync(file, { force: true });
    takeBackDirectories(made);
  };
  const make = (name: string, bytes: Uint8Array): void => {
    if (createFile(path, name, bytes)) files.push(join(path, name));
  };
  try {
    onDisk(path, place, () => {
      const room = openBlobRoom(path, 'sha256');
      room.held.close();
      for (const path of room.made) made.push(path);
      make('index.json', encodeIndex(emptyIndex).bytes);
      make('oci-layout', encodeDocument(header, mediaTypes.layoutHeader).bytes);
      syncDirectory(path);
    });
    return undo;
  } catch (error) {
    undo();
    throw error;
  }
}

/**
 * Makes an empty image layout, with the directories above it; one that is there already is left as it is. Several
 * processes may do so at once. With `dryRun` nothing is made, and the store that comes back writes nothing.
 * Throws `conflict` where something else is in the way (image-spec image-layout.md).
 */
export async function createLayout(
  path: string,
  options: { readonly dryRun?: boolean | undefined } & Completing & Pick<Work, 'signal'> = {},
): Promise<ImageStore> {
  const state = stateOf(path, options);
  if (options.dryRun === true) return previewLayout(path, state !== 'free');
  if (state === 'layout') return openLayout(path, options);
  const made = onDisk(path, place, () => makeDirectories(path));
  try {
    await underLock(path, () => makeParts(path), options);
  } catch (error) {
    takeBackDirectories(made);
    throw error;
  }
  return openLayout(path, options);
}
