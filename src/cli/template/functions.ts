import { paddingLimit } from '../../limits.ts';
import { jsonText } from '../json-text.ts';
import { isMapping, isTrue, keysOf, nilList, nilMap, printed, typeName } from './print.ts';
import { printf } from './printf.ts';

/** A template function. What it throws is worded by the evaluator as `error calling NAME: …`. */
type TemplateFunction = (...values: readonly unknown[]) => unknown;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function text(value: unknown): string {
  if (typeof value !== 'string') throw new RangeError(`wrong type for value; expected string; got ${typeName(value)}`);
  return value;
}

function integer(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new RangeError(`cannot index slice/array with type ${typeName(value)}`);
  }
  return value;
}

/** `print`: a space between two operands where neither is text. */
function print(...values: readonly unknown[]): string {
  return values
    .map((value, at) => {
      const gap = at > 0 && typeof value !== 'string' && typeof values[at - 1] !== 'string';
      return `${gap ? ' ' : ''}${printed(value ?? null)}`;
    })
    .join('');
}

/** Members by position and by key; a key that a map of texts does not have is the empty text, as in Go. */
function index(value: unknown, ...keys: readonly unknown[]): unknown {
  return keys.reduce((at, key) => member(at, key), value);
}

function member(value: unknown, key: unknown): unknown {
  if (isMapping(value)) {
    if (typeof key !== 'string') throw new RangeError(`value has type ${typeName(key)}; should be string`);
    if (Object.hasOwn(value, key)) return value[key];
    return Object.values(value).every(item => typeof item === 'string') ? '' : undefined;
  }
  if (value === null || value === undefined) throw new RangeError('index of untyped nil');
  if (typeof value !== 'string' && !Array.isArray(value))
    throw new RangeError(`can't index item of type ${typeName(value)}`);
  const items: ArrayLike<unknown> = typeof value === 'string' ? encoder.encode(value) : value;
  const at = integer(key);
  if (at < 0 || at >= items.length) throw new RangeError(`index out of range: ${at}`);
  return items[at];
}

function slice(value: unknown, from: unknown = 0, to?: unknown): unknown {
  if (typeof value !== 'string' && !Array.isArray(value))
    throw new RangeError(`can't slice item of type ${typeName(value)}`);
  const items = typeof value === 'string' ? encoder.encode(value) : value;
  const [start, end] = [integer(from), to === undefined ? items.length : integer(to)];
  if (start < 0 || start > items.length) throw new RangeError(`index out of range: ${start}`);
  if (end < 0 || end > items.length) throw new RangeError(`index out of range: ${end}`);
  if (start > end) throw new RangeError(`invalid slice index: ${start} > ${end}`);
  return items instanceof Uint8Array ? decoder.decode(items.subarray(start, end)) : items.slice(start, end);
}

function length(value: unknown): number {
  if (typeof value === 'string') return encoder.encode(value).length;
  if (Array.isArray(value)) return value.length;
  if (isMapping(value)) return Object.keys(value).length;
  throw new RangeError(value === null || value === undefined ? 'len of nil pointer' : `len of type ${typeName(value)}`);
}

const isBasic = (value: unknown): boolean => value === null || value === undefined || typeof value !== 'object';

function same(a: unknown, b: unknown): boolean {
  if (!isBasic(a) || !isBasic(b)) throw new RangeError(`non-comparable type ${typeName(isBasic(a) ? b : a)}`);
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  if (typeof a !== typeof b) throw new RangeError('incompatible types for comparison');
  return a === b;
}

function less(a: unknown, b: unknown): boolean {
  if (typeof a !== typeof b) throw new RangeError('incompatible types for comparison');
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b) < 0;
  throw new RangeError('invalid type for comparison');
}

const compareBytes = (a: string, b: string): number => Buffer.compare(encoder.encode(a), encoder.encode(b));

function equal(first: unknown, ...others: readonly unknown[]): boolean {
  if (others.length === 0) throw new RangeError('missing argument for comparison');
  return others.some(other => same(first, other));
}

function join(list: unknown, separator: unknown): string {
  const items = Array.isArray(list) ? list : isMapping(list) ? keysOf(list).map(key => list[key]) : undefined;
  if (items === undefined) throw new RangeError(`wrong type for value; expected []string; got ${typeName(list)}`);
  const texts = items.map(item => printed(item));
  return (isMapping(list) ? texts.sort() : texts).join(text(separator));
}

function pad(value: unknown, before: unknown, after: unknown): string {
  const [left, right] = [integer(before), integer(after)];
  if (left < 0 || right < 0 || left + right > paddingLimit)
    throw new RangeError(`expected between 0 and ${paddingLimit} spaces`);
  return text(value) === '' ? '' : `${' '.repeat(left)}${text(value)}${' '.repeat(right)}`;
}

function truncate(value: unknown, count: unknown): string {
  const bytes = encoder.encode(text(value));
  return integer(count) < 0 || bytes.length < integer(count)
    ? text(value)
    : decoder.decode(bytes.subarray(0, integer(count)));
}

const htmlMarks: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '\0': '\ufffd',
};

function js(value: string): string {
  return value.replace(/[\\'"<>&=\n\r\t\p{Cc}]/gu, mark => {
    if (mark === '\\' || mark === "'" || mark === '"') return `\\${mark}`;
    const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
    return short[mark] ?? `\\u${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

const query = (value: string): string =>
  encodeURIComponent(decoder.decode(encoder.encode(value)))
    .replace(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');

const all: Readonly<Record<string, TemplateFunction>> = {
  print,
  println: (...values) => `${values.map(value => printed(value ?? null)).join(' ')}\n`,
  printf: (format, ...values) => printf(text(format), values),
  json: value => jsonText(value === nilList || value === nilMap ? null : value),
  index,
  slice,
  len: length,
  not: value => !isTrue(value),
  eq: equal,
  ne: (a, b) => !same(a, b),
  lt: less,
  le: (a, b) => less(a, b) || same(a, b),
  gt: (a, b) => !(less(a, b) || same(a, b)),
  ge: (a, b) => !less(a, b),
  join,
  split: (value, separator) => text(value).split(text(separator)),
  lower: value => text(value).toLowerCase(),
  upper: value => text(value).toUpperCase(),
  title: value => text(value).replace(/(?<![\p{L}\p{Nd}_'])\p{L}/gu, letter => letter.toUpperCase()),
  pad,
  truncate,
  html: (...values) => print(...values).replace(/[&<>"'\0]/g, mark => htmlMarks[mark] ?? mark),
  js: (...values) => js(print(...values)),
  urlquery: (...values) => query(print(...values)),
  call: value => {
    throw new RangeError(`non-function of type ${typeName(value)}`);
  },
};

/** How many arguments a function takes, at least and at most. */
const counts: Readonly<Record<string, readonly [number, number]>> = {
  printf: [1, Infinity],
  json: [1, 1],
  index: [1, Infinity],
  slice: [1, 4],
  len: [1, 1],
  not: [1, 1],
  eq: [1, Infinity],
  ne: [2, 2],
  lt: [2, 2],
  le: [2, 2],
  gt: [2, 2],
  ge: [2, 2],
  join: [2, 2],
  split: [2, 2],
  lower: [1, 1],
  upper: [1, 1],
  title: [1, 1],
  pad: [3, 3],
  truncate: [2, 2],
  call: [1, Infinity],
};

/** Those that the evaluator itself does, as they need not evaluate every argument. */
const lazyFunctions: readonly string[] = ['and', 'or'];

export function isFunction(name: string): boolean {
  return lazyFunctions.includes(name) || Object.hasOwn(all, name);
}

/** Calls a function by name. Throws RangeError in Go's words. */
export function callFunction(name: string, values: readonly unknown[]): unknown {
  const [least, most] = counts[name] ?? [0, Infinity];
  if (values.length < least || values.length > most) {
    const want = most === least ? `${least}` : `at least ${least}`;
    throw new RangeError(`wrong number of args for ${name}: want ${want} got ${values.length}`);
  }
  return (all[name] as TemplateFunction)(...values);
}

/** In a table's heading line these leave the column's title as it is. */
export const headingFunctions: readonly string[] = [
  'json',
  'join',
  'split',
  'lower',
  'upper',
  'title',
  'pad',
  'truncate',
];
