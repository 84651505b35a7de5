import { decodeBase64 } from '../spec/base64.ts';
import { isDigest } from '../spec/digest.ts';
import { parseJson } from '../spec/document.ts';
import type { Json } from '../spec/objects.ts';

/** A blob that a document names. */
export interface Reference {
  readonly digest: string;
  /** Empty where the document does not say. */
  readonly mediaType: string;
  readonly data?: string;
}

type JsonObject = Readonly<Record<string, Json | undefined>>;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields of every document there is that name blobs: manifests of both schemas, indexes, ORAS artifacts. */
const listed = ['manifests', 'config', 'layers', 'blobs', 'fsLayers', 'subject'] as const;

function referenceOf(value: Json): readonly Reference[] {
  if (!isObject(value)) return [];
  const { digest = value['blobSum'], mediaType, data } = value;
  if (typeof digest !== 'string' || !isDigest(digest)) return [];
  const type = typeof mediaType === 'string' ? mediaType : '';
  return [{ digest, mediaType: type, ...(typeof data === 'string' ? { data } : {}) }];
}

/** The blobs that a document names, by its content: whatever its media type says, and however little of it is as it should be. */
export function referencesIn(document: Json): readonly Reference[] {
  if (!isObject(document)) return [];
  return listed.flatMap(field => {
    const value = document[field] ?? null;
    return Array.isArray(value) ? value.flatMap(referenceOf) : referenceOf(value);
  });
}

/** The digest that a document is about (image-spec manifest.md, "subject"). */
export function subjectIn(document: Json): string | undefined {
  return isObject(document) ? referenceOf(document['subject'] ?? null)[0]?.digest : undefined;
}

/** The JSON object in a few bytes; undefined where they are none. */
export function objectIn(bytes: Uint8Array): Json | undefined {
  try {
    const value = parseJson(bytes, 'blob');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What a place knows of its blobs: the document that one is, undefined where it is none or is not there. */
export type DocumentOf = (digest: string) => Promise<Json | undefined>;

/** The document that a reference leads to, or carries where the place has none. */
export async function documentAt({ digest, data }: Reference, documentOf: DocumentOf): Promise<Json | undefined> {
  const stored = await documentOf(digest);
  const embedded = stored === undefined && data !== undefined ? decodeBase64(data) : undefined;
  return embedded === undefined ? stored : objectIn(embedded);
}

/**
 * Adds to `met` the digests of all that some references lead to, over documents of every kind, `subject` included. Documents are
 * known by their content: what cannot be read as one is a leaf. For whoever must not forget anything, and reads nothing of it
 * but names; `walk` reads documents for what they say.
 */
export async function reach(
  roots: Iterable<Reference>,
  documentOf: DocumentOf,
  met: Set<string> = new Set(),
): Promise<Set<string>> {
  const waiting = [...roots];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (met.has(next.digest)) continue;
    met.add(next.digest);
    const document = await documentAt(next, documentOf);
    for (const found of document === undefined ? [] : referencesIn(document))
      if (!met.has(found.digest)) waiting.push(found);
  }
  return met;
}

/** Adds the documents whose subjects have been met, and those about them in turn, with all that they lead to. */
export async function reachReferrers(
  subjects: ReadonlyMap<string, string>,
  documentOf: DocumentOf,
  met: Set<string>,
): Promise<void> {
  for (let found = true; found; ) {
    const referrers = [...subjects].filter(([digest, subject]) => met.has(subject) && !met.has(digest));
    await reach(
      referrers.map(([digest]) => ({ digest, mediaType: '' })),
      documentOf,
      met,
    );
    found = referrers.length > 0;
  }
}
