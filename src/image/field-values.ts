import { badOption, OciError } from '../errors.ts';
import { parseJson } from '../spec/document.ts';
import type { Json } from '../spec/objects.ts';
import { parseHealth } from '../spec/parse.ts';
import { isPortKey } from '../spec/port.ts';
import { isStopSignal } from '../spec/stop-signal.ts';

/** How a field's value is made up: one value; a list of texts; or members that have names. */
type Shape = 'text' | 'number' | 'flag' | 'healthcheck' | 'list' | 'variables' | 'texts' | 'ports' | 'set';

/** A field of an image config that can be set and unset by its word. */
export interface Field {
  /** Where it stands: in the document itself, or in its execution parameters. */
  readonly at: 'document' | 'config';
  readonly key: string;
  readonly shape: Shape;
}

/** A word of an option taken apart: the field, the member of it that is meant, and its value. */
export interface Said {
  readonly option: 'set' | 'unset';
  readonly word: string;
  readonly field: Field;
  readonly name: string | undefined;
  readonly value: string | undefined;
}

const hasMembers = ({ shape }: Field): boolean => ['variables', 'texts', 'ports', 'set'].includes(shape);

export function wrong({ option, word }: Pick<Said, 'option' | 'word'>, expected: string): OciError {
  return badOption(option, `expected ${expected}, got '${word.slice(0, 64)}'`);
}

const variableName = (entry: unknown): string => String(entry).split('=', 1)[0] as string;
const portKey = (key: string): string => (key.includes('/') ? key : `${key}/tcp`);

/** Whether a member is the one that is meant: a port without a protocol is TCP's. */
function isMeant({ shape }: Field, member: string, name: string): boolean {
  return shape === 'ports' ? portKey(member) === portKey(name) : member === name;
}

/** Throws `usage` for a word of `unset` that ends where the name of a member should stand: nobody knows whether all are meant. */
export function checkNamed({ field, name, word, option }: Said): void {
  if (name !== '') return;
  const kind = word.slice(0, -1);
  throw wrong(
    { option, word },
    hasMembers(field) || field.shape === 'list' ? `${kind} or ${kind}:NAME` : `${kind} alone`,
  );
}

/** The value of a field without one of its members, or without all; undefined where nothing is left. */
export function withoutMember({ field, name, word, option }: Said, value: unknown): unknown {
  if (name === undefined) return undefined;
  if (Array.isArray(value)) {
    const kept = value.filter(item => (field.shape === 'variables' ? variableName(item) : item) !== name);
    return kept.length === 0 ? undefined : kept;
  }
  if (!hasMembers(field) && field.shape !== 'list') throw wrong({ option, word }, 'a field alone');
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([member]) => !isMeant(field, member, name));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** A list of variables with one set: in the place of the first of its name, and there is no other. */
function withVariable(name: string, value: string, before: readonly unknown[]): readonly unknown[] {
  const at = before.findIndex(entry => variableName(entry) === name);
  const entry = `${name}=${value}`;
  if (at < 0) return [...before, entry];
  return before.flatMap((item, place) => (place === at ? entry : variableName(item) === name ? [] : item));
}

/** The value of a field with one member set; a variable keeps its place. */
function withMember({ field, name = '', value = '' }: Said, before: unknown): unknown {
  if (field.shape === 'variables') return withVariable(name, value, Array.isArray(before) ? before : []);
  const kept: object = typeof before === 'object' && before !== null ? before : {};
  if (field.shape === 'texts') return { ...kept, [name]: value };
  return Object.keys(kept).some(member => isMeant(field, member, name)) ? kept : { ...kept, [name]: {} };
}

function parsedJson(said: Said, expected: string): Json {
  try {
    return parseJson(new TextEncoder().encode(said.value), said.word);
  } catch (error) {
    if (error instanceof OciError) throw wrong(said, expected);
    throw error;
  }
}

function listOf(said: Said): readonly string[] {
  const expected = 'a JSON array of texts';
  const list = parsedJson(said, expected);
  if (!Array.isArray(list) || !list.every(item => typeof item === 'string')) throw wrong(said, expected);
  return list;
}

function healthcheckOf(said: Said): unknown {
  if (said.value === 'NONE') return { Test: ['NONE'] };
  const expected =
    'NONE, or a JSON object with Test, Interval, Timeout, StartPeriod, StartInterval (nanoseconds) and Retries';
  const value = parsedJson(said, expected);
  try {
    return parseHealth(value, said.word);
  } catch (error) {
    if (error instanceof OciError) throw wrong(said, expected);
    throw error;
  }
}

/** The new value of a field; undefined for its default, which is not written. */
export function newValue(said: Said, before: unknown): unknown {
  const { field, name, value } = said;
  if (hasMembers(field)) {
    if (name === undefined || name === '' || (value === undefined && !['ports', 'set'].includes(field.shape)))
      throw wrong(said, 'a name and a value');
    if (field.shape === 'ports' && !isPortKey(name)) throw wrong(said, 'port:NUMBER[/tcp|udp|sctp]');
    return withMember(said, before);
  }
  if (value === undefined || name !== undefined) throw wrong(said, 'FIELD=VALUE');
  if (field.key === 'created') throw wrong(said, 'option created to say when');
  switch (field.shape) {
    case 'number':
      if (!/^\d{1,9}$/.test(value)) throw wrong(said, 'a whole number');
      return Number(value);
    case 'flag':
      if (value !== 'true' && value !== 'false') throw wrong(said, 'true or false');
      return value === 'true' ? true : undefined;
    case 'healthcheck':
      return healthcheckOf(said);
    case 'list': {
      const list =
        field.key === 'os.features' && !value.startsWith('[') ? value.split(',').filter(Boolean) : listOf(said);
      return list.length === 0 ? undefined : list;
    }
    default:
      if (platformWords.has(field.key) && !/^[\w-]*$/.test(value))
        throw wrong(said, "letters, digits, '_' and '-', as engines read a platform");
      if (field.key === 'StopSignal' && value !== '' && !isStopSignal(value))
        throw wrong(said, 'a signal by name or number, such as SIGTERM or 15');
      return value === '' && !required.has(field.key) ? undefined : value;
  }
}

const required: ReadonlySet<string> = new Set(['os', 'architecture']);
const platformWords: ReadonlySet<string> = new Set([...required, 'variant']);
