import { listWords } from '../errors.ts';
import { isDigest } from '../spec/digest.ts';
import type { Annotations } from '../spec/objects.ts';
import { tryReference } from '../spec/reference.ts';
import { isSpdxExpression } from '../spec/spdx-expression.ts';
import { isTime } from '../spec/time.ts';
import { at, type Finding, field, type Place } from './finding.ts';
import { type FindingCode, finding } from './finding-codes.ts';

const reserved = 'org.opencontainers.';
const prefix = 'org.opencontainers.image.';
/** What was in use before image-spec had annotations (annotations.md, "Back-compatibility with Label Schema"). */
const labelSchema = 'org.label-schema.';

/** What a value has to be. */
interface Form {
  readonly code: FindingCode;
  readonly words: string;
  readonly is: (value: string) => boolean;
}

const url: Form = {
  code: 'annotation-url',
  words: 'a URL',
  is: value => /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s]+$/.test(value),
};

const forms: ReadonlyMap<string, Form> = new Map([
  ['created', { code: 'annotation-created', words: 'a time (RFC 3339)', is: isTime }],
  ['url', url],
  ['documentation', url],
  ['source', url],
  ['licenses', { code: 'annotation-licenses', words: 'an expression of SPDX', is: isSpdxExpression }],
  ['base.digest', { code: 'annotation-digest', words: 'a digest', is: isDigest }],
  [
    'base.name',
    { code: 'annotation-reference', words: 'the name of an image', is: value => tryReference(value) !== undefined },
  ],
]);

/** Keys whose values are any text; those from `os` on are what a config comes to in a runtime's config (conversion.md). */
const free: ReadonlySet<string> = new Set([
  ...['authors', 'version', 'revision', 'vendor', 'ref.name', 'title', 'description'],
  ...['os', 'os.version', 'os.features', 'architecture', 'variant', 'author', 'stopSignal', 'exposedPorts'],
]);
/** The same, of other specifications of OCI. */
const others: ReadonlySet<string> = new Set(['org.opencontainers.referrers.filtersApplied']);

function checkOne(key: string, value: string, place: Place): Finding[] {
  const name = key.startsWith(prefix) ? key.slice(prefix.length) : '';
  const form = forms.get(name);
  // An empty value says nothing (annotations.md, "Rules").
  if (form !== undefined)
    return value === '' || form.is(value)
      ? []
      : [finding(form.code, place, `expected ${form.words}, got '${value.slice(0, 64)}'`)];
  if (free.has(name) || others.has(key)) return [];
  return [finding('annotation-reserved', place, `expected a key of the specification, got '${key.slice(0, 64)}'`)];
}

/** What annotations say by the keys that image-spec defines, or a config's labels, where the same keys stand more often (annotations.md). */
export function checkAnnotations(annotations: Annotations | null | undefined, place: Place): Finding[] {
  const entries = Object.entries(annotations ?? {});
  const old = entries.filter(([key]) => key.startsWith(labelSchema)).map(([key]) => key);
  const found = entries
    .filter(([key]) => key.startsWith(reserved))
    .flatMap(([key, value]) => checkOne(key, value, at(place, field(key))));
  if (old.length === 0) return found;
  const keys = listWords(
    old.map(key => key.slice(0, 64)),
    1,
  );
  return [...found, finding('annotation-deprecated', place, `${keys}, of Label Schema`)];
}
