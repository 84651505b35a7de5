/** `error`: something reads it wrongly or not at all; `warning`: it does harm somewhere; `note`: a fact that somebody may want to know. */
export type Severity = 'error' | 'warning' | 'note';

/** What `validate` reports: data, never thrown. `code` is stable (`digest-mismatch`), `subject` names the blob, entry or field. */
export interface Finding {
  readonly severity: Severity;
  readonly code: string;
  readonly subject: string;
  readonly message: string;
  /** The digest of the blob that it is in; absent where it is in a file of the place itself (`index.json`). */
  readonly blob?: string;
  /** Where it is in a JSON document: a JSON pointer (RFC 6901), empty for the whole. */
  readonly pointer?: string;
  /** The name of a layer's tar entry, as it is recorded. */
  readonly member?: string;
  /** The byte of the uncompressed tar at which that entry's header begins. */
  readonly offset?: number;
}

/** Where a finding is. `within` names the document or blob in words: `index.json`, `manifest sha256:…`. */
export interface Place {
  readonly within: string;
  readonly blob?: string;
  readonly pointer?: string;
  readonly member?: string;
  readonly offset?: number;
}

/** A field of a document, or of a field. */
export const at = (place: Place, pointer: string): Place => ({ ...place, pointer: `${place.pointer ?? ''}${pointer}` });

/** The pointer to a field of that name, whatever characters it has. */
export const field = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The whole of a document that is a blob. */
export const documentAt = (kind: 'manifest' | 'config' | 'index' | 'layer', digest: string): Place => ({
  within: `${kind} ${digest}`,
  blob: digest,
});

/** A blob, whatever it is. */
export const blobAt = (digest: string): Place => ({ within: digest, blob: digest });

/** A place in a line of text. */
export function subjectOf({ within, pointer = '', member }: Place): string {
  const entry = member === undefined ? '' : ` '${member}'`;
  return `${within}${pointer === '' ? '' : ` ${pointer}`}${entry}`;
}
