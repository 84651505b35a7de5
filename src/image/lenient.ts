import type { Json } from '../spec/objects.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding-codes.ts';

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

/** What a schema says, as far as it does harm: what Go's tools write and every reader takes is a warning. */
export function lenient(found: Finding, document: Json): Finding {
  const pointer = found.subject.trim();
  if (found.code === 'schema-type' && lists.test(pointer) && valueAt(document, pointer) === null)
    return finding('null-list', found.subject, found.message);
  if (found.code === 'schema-minLength' && /^\/(?:os|architecture)$/.test(pointer))
    return finding('platform-empty', found.subject, found.message);
  return found;
}
