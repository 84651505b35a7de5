import { checkDocument } from '../schema/check-document.ts';
import { parseJson } from '../spec/document.ts';
import { isConfigType, isIndexType } from '../spec/media-type.ts';
import type { Document, Image } from '../spec/objects.ts';
import { once } from '../stream/once.ts';
import type { ImageStore } from './source.ts';

/** Holds a document that was made here to its schema: its bytes, as they would be read. Throws `invalid`. */
function checkMade({ bytes, descriptor }: Document<unknown>, subject: string): void {
  const { mediaType } = descriptor;
  const kind = isIndexType(mediaType) ? 'index' : isConfigType(mediaType) ? 'config' : 'manifest';
  const what = `${subject}: new ${kind}`;
  checkDocument(kind, parseJson(bytes, what), what);
}

/** Holds both documents of an image that was made here to their schemas. Throws `invalid`. */
export function checkMadeImage({ config, manifest }: Image, subject: string): void {
  checkMade(config, subject);
  checkMade(manifest, subject);
}

/** Stores a document that was made here, which is to follow its schema. Throws `invalid`. */
export async function storeDocument(store: ImageStore, document: Document<unknown>): Promise<void> {
  checkMade(document, store.subject);
  await store.put(once(document.bytes));
}
