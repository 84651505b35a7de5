import { invalid } from '../errors.ts';
import { pointerLimit } from '../limits.ts';
import type { ImageConfig } from '../spec/objects.ts';

/** One field that differs: a JSON pointer (RFC 6901), and both values; absent is undefined. */
export interface ConfigChange {
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

type Fields = ReadonlyMap<string, unknown>;
interface Pair {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * The fields by which two image configs differ, or two other documents, sorted by pointer. Null and empty count as absent; `Env` is compared by
 * name (`/config/Env/PATH`), its order aside; a list of texts under `/config` is one field, because a command line means
 * something only as a whole. Throws `invalid` where configs are made to have a huge number of long pointers.
 */
export function diffFields(before: object, after: object): ConfigChange[] {
  const changes: ConfigChange[] = [];
  const open: Pair[] = [{ field: '', before, after }];
  let spent = 0;
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [lower, upper] = [fieldsOf(pair.field, pair.before), fieldsOf(pair.field, pair.after)];
    if (lower === undefined && upper === undefined) {
      if (!sameLeaf(pair.before, pair.after)) changes.push(changeOf(pair));
      continue;
    }
    const children = childrenOf(pair, lower, upper);
    spent += children.reduce((sum, child) => sum + child.field.length, 0);
    if (spent > pointerLimit)
      throw invalid('document', `fields whose pointers have at most ${pointerLimit} characters in all`, 'more');
    for (const child of children) open.push(child);
  }
  return changes.sort((a, b) => (a.field < b.field ? -1 : a.field > b.field ? 1 : 0));
}

/** A leaf against an object or list is a change of the leaf and of every field of the other. */
function childrenOf(pair: Pair, lower: Fields | undefined, upper: Fields | undefined): Pair[] {
  const names = new Set([...(lower?.keys() ?? []), ...(upper?.keys() ?? [])]);
  const children = [...names].map(name => ({
    field: `${pair.field}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    before: lower?.get(name),
    after: upper?.get(name),
  }));
  const leaf = {
    field: pair.field,
    before: lower === undefined ? pair.before : undefined,
    after: upper === undefined ? pair.after : undefined,
  };
  return isAbsent(leaf.before) && isAbsent(leaf.after) ? children : [leaf, ...children];
}

/** The fields of an object or a list, or undefined for a leaf. */
function fieldsOf(field: string, value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return isMember(field, value) ? undefined : new Map(Object.entries(value));
  if (field === '/config/Env') return new Map(value.map((entry, index) => variable(entry, index)));
  if (field.startsWith('/config/') && value.every(item => typeof item === 'string')) return undefined;
  return new Map(value.map((item, index) => [`${index}`, item]));
}

/** Ports and volumes are sets: their empty objects say that the key is there. */
function isMember(field: string, value: object): boolean {
  return /^\/config\/(ExposedPorts|Volumes)\//.test(field) && Object.keys(value).length === 0;
}

function variable(entry: unknown, index: number): readonly [string, unknown] {
  if (typeof entry !== 'string') return [`${index}`, entry];
  const equals = entry.indexOf('=');
  return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function sameLeaf(before: unknown, after: unknown): boolean {
  if (isAbsent(before) || isAbsent(after)) return isAbsent(before) && isAbsent(after);
  if (!Array.isArray(before) || !Array.isArray(after)) return before === after || (isObject(before) && isObject(after));
  return before.length === after.length && before.every((item, index) => item === after[index]);
}

/** Of leaves only the members of a set are objects. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && !Array.isArray(value);
}

function changeOf({ field, before, after }: Pair): ConfigChange {
  return { field, ...(isAbsent(before) ? {} : { before }), ...(isAbsent(after) ? {} : { after }) };
}

/** The fields by which two image configs differ. */
export const diffConfigs = (before: ImageConfig, after: ImageConfig): ConfigChange[] => diffFields(before, after);
