import type { Json } from '../spec/objects.ts';
import { at, type Finding, type Place } from './finding.ts';
import { type FindingCode, finding } from './finding-codes.ts';

/** The value at a JSON pointer (RFC 6901); undefined where there is none. */
function valueAt(document: Json, pointer: string): Json | undefined {
  let value: Json | undefined = document;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return undefined;
    value = (value as { readonly [key: string]: Json | undefined })[name];
  }
  return value;
}

/** Whose absence Go writes as null, and every reader takes for an empty one. */
const lists =
  /^(?:\/(?:layers|manifests|history|annotations|os\.features|rootfs\/diff_ids)|\/config\/(?:Env|Cmd|Entrypoint|ExposedPorts|Volumes|Labels|OnBuild|Shell)|(?:\/(?:layers|manifests)\/\d+|\/config|\/subject)\/(?:urls|annotations))$/;

/** A field that breaks its schema: the code, where it is in its document, and a sentence. */
export interface SchemaFault {
  readonly code: `schema-${string}`;
  /** A JSON pointer. */
  readonly pointer: string;
  readonly message: string;
}

/** What a schema says as a finding, as far as it does harm: what Go's tools write and every reader takes is a warning. */
export function schemaFinding({ code, pointer, message }: SchemaFault, document: Json, place: Place): Finding {
  return finding(lenient(code, pointer, document), at(place, pointer), message);
}

function lenient(code: SchemaFault['code'], pointer: string, document: Json): FindingCode {
  if (code === 'schema-type' && lists.test(pointer) && valueAt(document, pointer) === null) return 'null-list';
  if (code === 'schema-minLength' && /^\/(?:os|architecture)$/.test(pointer)) return 'platform-empty';
  return code as FindingCode;
}
