import { readIndex } from '../graph/image-reader.ts';
import type { ImageSource } from '../graph/source.ts';
import { areAlike, withEntries } from '../image/index-edit.ts';
import type { Digest } from '../spec/digest.ts';
import { editedDocument } from '../spec/document.ts';
import { isIndexType } from '../spec/media-type.ts';
import type { Descriptor, Document, ImageIndex } from '../spec/objects.ts';

/** The indexes that an index lists, and those that they list in turn, by their digests. */
type Nested = ReadonlyMap<Digest, Document<ImageIndex>>;

/** A nested index as it is now, and as it was. */
export interface RewrittenIndex {
  readonly document: Document<ImageIndex>;
  readonly base: Document<ImageIndex>;
}

/** Reads the indexes that entries name, in turn; what is not there is left out. */
export async function readNested(source: ImageSource, entries: readonly Descriptor[]): Promise<Nested> {
  const nested = new Map<Digest, Document<ImageIndex>>();
  const left = [...entries];
  for (let entry = left.pop(); entry !== undefined; entry = left.pop()) {
    if (!isIndexType(entry.mediaType) || nested.has(entry.digest) || !(await source.has(entry))) continue;
    const document = await readIndex(source, entry);
    nested.set(entry.digest, document);
    for (const one of document.value.manifests) left.push(one);
  }
  return nested;
}

/** The entries of nested indexes. */
export const entriesOf = (nested: Nested): readonly Descriptor[] =>
  [...nested.values()].flatMap(({ value }) => value.manifests);

/** State: entries as they become, and the indexes that are written anew for that. */
export class NestedEdit {
  readonly #nested: Nested;
  readonly #change: (entries: readonly Descriptor[]) => readonly Descriptor[];
  readonly #known = new Map<Digest, Document<ImageIndex> | undefined>();

  /** `change` says what becomes of the entries of each nested index. */
  constructor(nested: Nested, change: (entries: readonly Descriptor[]) => readonly Descriptor[]) {
    this.#nested = nested;
    this.#change = change;
  }

  /** What is written anew, with what it was. */
  get made(): readonly RewrittenIndex[] {
    return [...this.#known].flatMap(([digest, document]) => {
      const base = this.#nested.get(digest);
      return document === undefined || base === undefined || document === base ? [] : [{ document, base }];
    });
  }

  /** Entries with nested indexes as they are now; one that lists nothing any more goes. */
  entries(before: readonly Descriptor[]): readonly Descriptor[] {
    return before.flatMap(entry => {
      const document = this.#nested.get(entry.digest);
      if (document === undefined || !isIndexType(entry.mediaType)) return [entry];
      const now = this.#document(entry.digest, document);
      if (now === undefined) return [];
      if (now.descriptor.digest === entry.digest) return [entry];
      const { data: _data, ...said } = entry;
      return [{ ...said, digest: now.descriptor.digest, size: now.descriptor.size }];
    });
  }

  #document(digest: Digest, document: Document<ImageIndex>): Document<ImageIndex> | undefined {
    if (this.#known.has(digest)) return this.#known.get(digest);
    const before = document.value.manifests;
    const manifests = this.entries(this.#change(before));
    const isEmptied = manifests.length === 0 && before.length > 0;
    const now = isEmptied ? undefined : editedDocument(document, { ...document.value, manifests });
    this.#known.set(digest, now);
    return now;
  }
}

/** Nested indexes in which images take the places of others for the same platforms. */
export const replacing = (nested: Nested, added: readonly Descriptor[]): NestedEdit =>
  new NestedEdit(nested, entries =>
    withEntries(
      entries,
      added.filter(one => entries.some(entry => areAlike(one, entry))),
    ),
  );
