import type { Finding, Place } from '../image/finding.ts';
import { schemaFinding } from '../image/lenient.ts';
import { type DocumentKind, validateDocument } from '../schema/validate.ts';
import { parseJson } from '../spec/document.ts';

/** What the schema of its kind has to say of a document. Throws `invalid` for what is no JSON. */
export async function schemaFindings(kind: DocumentKind, bytes: Uint8Array, place: Place): Promise<readonly Finding[]> {
  const value = parseJson(bytes, place.within);
  return (await validateDocument(kind, value)).map(fault => schemaFinding(fault, value, place));
}
