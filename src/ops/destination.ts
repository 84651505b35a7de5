import type { Bytes } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { usage } from '../errors.ts';
import { checkName, withName, withUnnamed } from '../spec/name.ts';
import type { Descriptor, Image, Layer } from '../spec/objects.ts';
import { createLayout, parseImagePlace } from '../store/locate.ts';
import type { ImageStore, StoredBlob } from '../store/place.ts';

/** Where a new image goes: puts blobs, and in the end names the image. A dry one computes what would result and writes nothing. */
export interface Destination {
  readonly name: string | null;
  put(bytes: Bytes): Promise<StoredBlob>;
  /** Copies blobs that a base's layout has and this one has not. */
  bring(source: ImageStore, blobs: readonly Descriptor[]): Promise<void>;
  finish(image: Image, entry: Descriptor): Promise<void>;
}

async function measure(bytes: Bytes): Promise<StoredBlob> {
  const hasher = nodeEngine.createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    hasher.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hasher.digest()}`, size };
}

function dry(name: string | null): Destination {
  return { name, put: measure, bring: async () => undefined, finish: async () => undefined };
}

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}

function destinationIn(store: ImageStore, name: string | null): Destination {
  return {
    name,
    put: bytes => store.put(bytes),
    async bring(source, blobs) {
      for (const blob of blobs) if (!(await store.has(blob))) await store.put(source.open(blob));
    },
    async finish(image, entry) {
      await store.put(once(image.config.bytes));
      await store.put(once(image.manifest.bytes));
      await store.updateIndex(index => (name === null ? withUnnamed(index, entry) : withName(index, name, entry)));
    },
  };
}

/** What a place for a new image says, checked before any work is done. */
export function parseDestination(
  text: string | undefined,
  layout: string | undefined,
): { readonly path: string; readonly name: string | null } {
  if (text === undefined) {
    if (layout === undefined)
      throw usage('commit', 'expected an IMAGE to write, got none', 'only a bundle has a layout of its own');
    return { path: layout, name: null };
  }
  const place = parseImagePlace(text, 'write');
  if (place.digest !== undefined) throw usage(text, 'expected LAYOUT:NAME, got a digest: what is written has its own');
  return { path: place.path, name: checkName(place.name ?? 'latest') };
}

/** Opens the layout for writing; one that is not there yet is made. */
export async function openDestination(
  place: { readonly path: string; readonly name: string | null },
  dryRun: boolean,
): Promise<Destination> {
  if (!dryRun) return destinationIn(await createLayout(place.path), place.name);
  // A place that could not be written is refused in a dry run as well.
  await createLayout(place.path, { dryRun: true }).catch((error: { code?: string }) => {
    if (error.code !== 'not-found') throw error;
  });
  return dry(place.name);
}

/** Every blob that a base's layers are. */
export const blobsOf = (layers: readonly Layer[]): readonly Descriptor[] => layers.map(({ descriptor }) => descriptor);
