import { numberText } from '../decimal.ts';

/** Go's nil slice and nil map: they print as empty ones, and as JSON `null`. */
export const nilList: readonly unknown[] = Object.freeze([]);
export const nilMap: object = Object.freeze({});

export type Mapping = Readonly<Record<string, unknown>>;

/** A JSON object, which templates see as a map. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A map's keys as Go visits them: sorted. */
export function keysOf(value: Mapping): string[] {
  return Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
}

/** What an action prints for a value (`%v`): `[a b]`, `map[k:v]`, `<nil>`; `<no value>` where a map has no such key. */
export function printed(value: unknown): string {
  return value === undefined ? '<no value>' : inside(value, 'map[]');
}

/** A set's members (`map[string]struct{}`, which JSON writes as `{}`) print as Go prints the empty struct. */
function inside(value: unknown, empty: string): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return `[${value.map(item => inside(item, '{}')).join(' ')}]`;
  if (!isMapping(value)) return String(value);
  const keys = keysOf(value);
  return keys.length === 0 ? empty : `map[${keys.map(key => `${key}:${inside(value[key], '{}')}`).join(' ')}]`;
}

/** Go's name for a value's type. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return '[]interface {}';
  return typeof value === 'string' ? 'string' : 'map[string]interface {}';
}

/** Whether `if` takes a value for true: not empty, not zero. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isMapping(value) ? Object.keys(value).length > 0 : Boolean(value);
}
