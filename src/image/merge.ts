import type { Json } from '../spec/objects.ts';

/** A JSON object's fields. */
type Fields = Readonly<Record<string, Json | undefined>>;
/** Values by name, in order. */
export type Values = ReadonlyMap<string, Json>;

/** What an image was made from, the image, and what it is to be on: the three of a merge. */
export interface Three<T> {
  readonly old: T;
  readonly own: T;
  readonly fresh: T;
}

/** A field that both the image and its new base have otherwise than the old base: the image's stays. */
export interface MergeConflict {
  /** A JSON pointer. */
  readonly field: string;
  readonly image: Json | undefined;
  readonly base: Json | undefined;
}

const isObject = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isAbsent(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The same text for equal values, whatever the order of their fields. */
function textOf(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  if (!isObject(value)) return `${typeof value} ${String(value)}`;
  const names = Object.keys(value).sort();
  return `{${names.map(name => `${name.length} ${name} ${textOf(value[name])}`).join()}}`;
}

/** Whether two values say the same: absent, null and empty do. */
export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return (isAbsent(one) && isAbsent(other)) || textOf(one) === textOf(other);
}

type MergeValue = (field: string, values: Three<Json | undefined>) => Json | undefined;

/** One merge of two configs over a third: what was decided, and what both sides wanted otherwise. */
export class Merge {
  readonly conflicts: MergeConflict[] = [];

  /** What the image set itself stays; what it inherited is as in the new base, be it gone. */
  value(field: string, { old, own, fresh }: Three<Json | undefined>): Json | undefined {
    if (isSame(old, fresh)) return own;
    if (isSame(old, own)) return fresh;
    if (!isSame(own, fresh)) this.conflicts.push({ field, image: own, base: fresh });
    return own;
  }

  /** By name, those of the new base first. */
  all(field: string, { old, own, fresh }: Three<Values>, merge: MergeValue = this.value.bind(this)): Values {
    const merged = new Map<string, Json>();
    for (const name of new Set([...fresh.keys(), ...own.keys()])) {
      const pointer = `${field}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const value = merge(pointer, { old: old.get(name), own: own.get(name), fresh: fresh.get(name) });
      if (value !== undefined) merged.set(name, value);
    }
    return merged;
  }

  /** A map whose keys are there or not: labels, ports, volumes. */
  map(field: string, three: Three<Json | undefined>): Json | undefined {
    if (isSame(three.old, three.fresh)) return three.own;
    const merged = this.all(field, eachOf(three, valuesOf), (pointer, keys) => this.#key(pointer, keys));
    return merged.size === 0 ? undefined : Object.fromEntries(merged);
  }

  /** Variables by name, in the new base's order; a value that goes on from the old base's goes on from the new one's. */
  variables(field: string, three: Three<Json | undefined>): Json | undefined {
    if (isSame(three.old, three.fresh)) return three.own;
    const values = eachOf(three, value => new Map(Array.isArray(value) ? value.map(variableOf) : []));
    const merged = this.all(field, values, (pointer, texts) => extended(texts) ?? this.#key(pointer, texts));
    const entries = Array.from(merged, ([name, value]) => (value === null ? name : `${name}=${String(value)}`));
    return entries.length === 0 ? undefined : entries;
  }

  /** An empty value under a key is not an absent key. */
  #key(pointer: string, { old, own, fresh }: Three<Json | undefined>): Json | undefined {
    const [was, is, becomes] = [old, own, fresh].map(textOf);
    if (was === becomes) return own;
    if (was === is) return fresh;
    if (is !== becomes) this.conflicts.push({ field: pointer, image: own, base: fresh });
    return own;
  }
}

/** The fields of an object that are there; none of anything else. */
export function valuesOf(value: Json | undefined): Values {
  const entries = isObject(value) ? Object.entries(value) : [];
  return new Map(entries.flatMap(([name, field]) => (field === undefined ? [] : [[name, field] as const])));
}

export function eachOf<T, U>({ old, own, fresh }: Three<T>, change: (value: T) => U): Three<U> {
  return { old: change(old), own: change(own), fresh: change(fresh) };
}

function variableOf(entry: Json): readonly [string, Json] {
  const text = String(entry);
  const equals = text.indexOf('=');
  return equals < 0 ? [text, null] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** `/app/bin:` and the old value, or the old value and `:/x`: with the new value in its place. */
function extended({ old, own, fresh }: Three<Json | undefined>): string | undefined {
  if (typeof old !== 'string' || typeof own !== 'string') return undefined;
  if (old === '' || old === own || old === fresh) return undefined;
  const at = `:${own}:`.indexOf(`:${old}:`);
  if (at < 0) return undefined;
  const before = own.slice(0, Math.max(0, at - 1));
  return [before, fresh ?? '', own.slice(at + old.length + 1)].filter(piece => piece !== '').join(':');
}
