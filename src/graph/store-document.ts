import { invalid } from '../errors.ts';
import { documentLimit } from '../limits.ts';
import { checkDocument } from '../schema/check-document.ts';
import { parseJson } from '../spec/document.ts';
import { isConfigType, isIndexType } from '../spec/media-type.ts';
import type { Document, Image } from '../spec/objects.ts';
import { once } from '../stream/once.ts';
import type { ImageStore } from './source.ts';

/**
 * Holds a document that was made here to its schema: its bytes, as they would be read. What it has from the one that it was
 * made of stays, and is answered in sentences. Throws `invalid` for any other fault.
 */
export function checkMade(
  { bytes, descriptor }: Document<unknown>,
  { subject, base }: { readonly subject: string; readonly base?: Document<unknown> | undefined },
): readonly string[] {
  const { mediaType } = descriptor;
  const kind = isIndexType(mediaType) ? 'index' : isConfigType(mediaType) ? 'config' : 'manifest';
  const what = `${subject}: new ${kind}`;
  // What nobody could read again.
  if (bytes.length > documentLimit) throw invalid(what, `at most ${documentLimit} bytes`, `${bytes.length}`);
  const before = base === undefined ? undefined : (): unknown => parseJson(base.bytes, what);
  return checkDocument(kind, parseJson(bytes, what), { subject: what, before });
}

/** Holds both documents of an image that was made here to their schemas, as `checkMade` does. */
export function checkMadeImage(
  { config, manifest }: Image,
  subject: string,
  base: Image | undefined,
): readonly string[] {
  return [
    ...checkMade(config, { subject, base: base?.config }),
    ...checkMade(manifest, { subject, base: base?.manifest }),
  ];
}

/** Stores a document that was made here, which is to follow its schema as far as the one it was made of did. Throws `invalid`. */
export async function storeDocument(
  store: ImageStore,
  document: Document<unknown>,
  base?: Document<unknown>,
): Promise<void> {
  checkMade(document, { subject: store.subject, base });
  await store.put(once(document.bytes));
}
