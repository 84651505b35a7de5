import type { Bytes } from '../engine/engine.ts';
import type { Descriptor, Document } from '../spec/objects.ts';
import { once } from '../stream/once.ts';
import type { ImageSource, ImageStore, StoredBlob } from './source.ts';

/** A place as it is with what is being made of it: documents and blobs of the result are there before its index names them. */
export interface MadeSource {
  /** Reads the result: what was made, and else what the place has. */
  readonly source: ImageSource;
  /** Whether a blob was made, or came from elsewhere: it is in the store already. */
  readonly isMade: (blob: Descriptor) => boolean;
  readonly put: (bytes: Bytes) => Promise<StoredBlob>;
  readonly bring: (source: ImageSource, blobs: readonly Descriptor[]) => Promise<void>;
  /** Keeps a document of the result, which is small, so that it can be read where nothing is written. */
  readonly keep: (document: Document<unknown>) => Promise<void>;
}

/** What is made of the images of one place, into a store, which may be one that only tells what would result. */
export function madeSource(source: ImageSource, store: ImageStore): MadeSource {
  const documents = new Map<string, Document<unknown>>();
  const made = new Set<string>();
  const isMade = ({ digest }: Descriptor): boolean => made.has(digest);
  const put = async (bytes: Bytes): Promise<StoredBlob> => {
    const stored = await store.put(bytes);
    made.add(stored.digest);
    return stored;
  };
  const from = (blob: Descriptor): ImageSource => (isMade(blob) ? store : source);
  return {
    isMade,
    put,
    async bring(other, blobs) {
      for (const blob of blobs) {
        await store.bring(other, blob);
        made.add(blob.digest);
      }
    },
    async keep(document) {
      documents.set(document.descriptor.digest, document);
      await put(once(document.bytes));
    },
    source: {
      ...source,
      // Whoever changes an image of docker's archives proves its layers.
      isConverted: false,
      has: async blob => isMade(blob) || source.has(blob),
      async *open(blob) {
        const document = documents.get(blob.digest);
        if (document === undefined) yield* from(blob).open(blob);
        else yield document.bytes;
      },
      read: async (blob, limit) => documents.get(blob.digest)?.bytes ?? from(blob).read(blob, limit),
      fileOf: blob => (documents.has(blob.digest) ? undefined : from(blob).fileOf(blob)),
    },
  };
}
