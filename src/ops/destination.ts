import type { Bytes } from '../engine/engine.ts';
import { usage } from '../errors.ts';
import { platformOf } from '../graph/change-graph.ts';
import type { ImageSource, ImageStore, StoredBlob } from '../graph/source.ts';
import { storeDocument } from '../graph/store-document.ts';
import { withName, withUnnamed } from '../spec/name.ts';
import type { Descriptor, Image } from '../spec/objects.ts';
import { isKnownPlatform } from '../spec/platform.ts';
import { withLayout } from '../store/layout/new-layout.ts';
import { type ImageOperand, parseNewImage } from '../store/parse-operand.ts';
import type { WriteOptions } from './options.ts';

/** Where a new image goes: puts blobs, and in the end names the image, which may have been made of another one. */
export interface Destination {
  readonly name: string | null;
  put(bytes: Bytes): Promise<StoredBlob>;
  /** Copies blobs that a base's layout has and this one has not. */
  bring(source: ImageSource, blobs: readonly Descriptor[]): Promise<void>;
  finish(image: Image, entry: Descriptor, base?: Image): Promise<void>;
}

function destinationIn(store: ImageStore, name: string | null): Destination {
  return {
    name,
    put: bytes => store.put(bytes),
    async bring(source, blobs) {
      for (const blob of blobs) await store.bring(source, blob);
    },
    async finish(image, entry, base) {
      await storeDocument(store, image.config, base?.config);
      await storeDocument(store, image.manifest, base?.manifest);
      await store.updateIndex(index => (name === null ? withUnnamed(index, entry) : withName(index, name, entry)));
    },
  };
}

/** What a place for a new image says, checked before any work is done. */
export function parseDestination(
  image: ImageOperand | undefined,
  layout: string | undefined,
): { readonly path: string; readonly name: string | null } {
  if (image === undefined) {
    if (layout === undefined)
      throw usage('commit', 'expected an IMAGE to write, got none', 'only a bundle has a layout of its own');
    return { path: layout, name: null };
  }
  const { place } = parseNewImage(image);
  return { path: place.path, name: place.name ?? 'latest' };
}

/**
 * Does work that ends with an image in a layout; one that is not there yet is made in the end. Where the work fails, the
 * layout is as it was. A dry run only computes what would result.
 */
export async function withDestination<T>(
  place: { readonly path: string; readonly name: string | null },
  options: WriteOptions,
  work: (destination: Destination) => Promise<T>,
): Promise<T> {
  return withLayout(place.path, options, store => work(destinationIn(store, place.name)));
}

/** The new manifest's place in the index: its descriptor with the platform, where the config says one. */
export function entryOf(image: Image): Descriptor {
  const platform = platformOf(image);
  const { descriptor } = image.manifest;
  return isKnownPlatform(platform) ? { ...descriptor, platform } : descriptor;
}
