import { notFound } from '../errors.ts';
import type { ImageSource, ImageStore } from '../graph/source.ts';
import { digestOf } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, Document, ImageIndex } from '../spec/objects.ts';
import { checkBytes } from '../stream/verified.ts';

const emptyIndex: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };

/** A layout in memory that counts what is asked of it. */
export class MemoryLayout implements ImageStore {
  readonly subject = 'memory';
  readonly blobs: Map<string, Uint8Array> = new Map();
  #index: Document<ImageIndex> = encodeDocument(emptyIndex, mediaTypes.index);
  /** How often a blob was read or opened. */
  reads = 0;
  /** How often a blob was looked for. */
  looks = 0;

  index = async (): Promise<Document<ImageIndex>> => this.#index;

  has = async ({ digest }: Descriptor): Promise<boolean> => {
    this.looks++;
    return this.blobs.has(digest);
  };

  read = async (descriptor: Descriptor): Promise<Uint8Array> => {
    this.reads++;
    const bytes = this.blobs.get(descriptor.digest);
    if (bytes === undefined) throw notFound(`memory: blob ${descriptor.digest}`, 'a blob');
    await checkBytes(bytes, descriptor, `memory: blob ${descriptor.digest}`);
    return bytes;
  };

  open = (descriptor: Descriptor): ReturnType<ImageSource['open']> => {
    const read = (): Promise<Uint8Array> => this.read(descriptor);
    return (async function* () {
      yield await read();
    })();
  };

  fileOf = (): undefined => undefined;

  add(bytes: Uint8Array, mediaType: string): Descriptor {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  put: ImageStore['put'] = async bytes => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(Uint8Array.from(chunk));
    const { digest, size } = this.add(Buffer.concat(chunks), '');
    return { digest, size };
  };

  bring: ImageStore['bring'] = async (source, descriptor) => {
    if (!this.blobs.has(descriptor.digest)) await this.put(source.open(descriptor));
  };

  updateIndex: ImageStore['updateIndex'] = async change => {
    this.#index = encodeDocument(change(this.#index.value), mediaTypes.index);
    return this.#index;
  };
}
