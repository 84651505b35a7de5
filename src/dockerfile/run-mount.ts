import type { Fail } from '../errors.ts';
import { meant } from '../spec/nearest-word.ts';
import { csvFields } from './csv-fields.ts';

/** A mount of RUN as its flag says it, variables expanded; what is not given is undefined or empty. */
export interface MountFlag {
  readonly type: (typeof types)[number];
  readonly from: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Bytes; 0 is no limit. */
  readonly size: number;
  readonly id: string;
  readonly sharing: (typeof sharings)[number] | '';
  readonly required: boolean;
  readonly env?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const types = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const sharings = ['shared', 'private', 'locked'] as const;

type Draft = { -readonly [Key in keyof MountFlag]: MountFlag[Key] } & { readOnlyGiven: boolean };

interface Reading {
  readonly fail: Fail;
  /** Without it nothing is expanded yet, and only what can be known is checked. */
  readonly expand?: (word: string) => string;
}

interface Field extends Required<Reading> {
  readonly key: string;
  readonly value: string;
  readonly text: string;
}

/** Reads the CSV of a `mount` flag, key by key as docker does. Throws what `fail` makes of docker's words. */
export function parseMount(text: string, { fail, expand }: Reading): MountFlag {
  const draft: Draft = {
    type: 'bind',
    from: '',
    source: '',
    target: '',
    readOnly: false,
    size: 0,
    id: '',
    sharing: '',
    required: false,
    readOnlyGiven: false,
  };
  for (const field of csvFields(text, fail)) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? undefined : field.slice(equals + 1);
    if (expand === undefined) {
      if (key === 'from' && value !== undefined) draft.from = plainFrom(value, fail);
      continue;
    }
    const given = { key, text: field, fail, expand };
    if (value === undefined) readWord(draft, { ...given, value: '' });
    else readField(draft, { ...given, value: expand(value) });
  }
  if (expand !== undefined) checkMount(draft, fail);
  const { readOnlyGiven, ...mount } = draft;
  return { ...mount, readOnly: readOnlyGiven ? mount.readOnly : mount.type !== 'cache' && mount.type !== 'tmpfs' };
}

function plainFrom(value: string, fail: Fail): string {
  const dollar = value.indexOf('$');
  if (dollar >= 0 && dollar !== value.length - 1)
    throw fail("'from' doesn't support variable expansion, define alias stage instead", value);
  return value;
}

/** A key that stands without a value. */
function readWord(draft: Draft, field: Field): void {
  const { key, text, fail } = field;
  if (key === 'readonly' || key === 'ro') setReadOnly(draft, true);
  else if (key === 'readwrite' || key === 'rw') setReadOnly(draft, false);
  else if (key === 'required') setRequired(draft, true, field);
  else throw fail(`invalid field '${text}' must be a key=value pair`, text);
}

function setReadOnly(draft: Draft, readOnly: boolean): void {
  draft.readOnly = readOnly;
  draft.readOnlyGiven = true;
}

function setRequired(draft: Draft, required: boolean, { fail, text }: Field): void {
  if (draft.type !== 'secret' && draft.type !== 'ssh')
    throw fail(`unexpected key 'required' for mount type '${draft.type}'`, text);
  draft.required = required;
}

const setters: Readonly<Record<string, (draft: Draft, field: Field) => void>> = {
  type: (draft, field) => {
    draft.type = oneOf(types, field, 'unsupported mount type');
  },
  sharing: (draft, field) => {
    draft.sharing = oneOf(sharings, field, 'unsupported sharing value');
  },
  from: (draft, { value }) => {
    draft.from = value;
  },
  source: (draft, { value }) => {
    draft.source = value;
  },
  target: (draft, { value }) => {
    draft.target = value;
  },
  id: (draft, { value }) => {
    draft.id = value;
  },
  env: (draft, { value }) => {
    draft.env = value;
  },
  readonly: (draft, field) => setReadOnly(draft, truthOf(field)),
  readwrite: (draft, field) => setReadOnly(draft, !truthOf(field)),
  required: (draft, field) => setRequired(draft, truthOf(field), field),
  size: (draft, field) => {
    if (draft.type !== 'tmpfs') throw field.fail(`unexpected key 'size' for mount type '${draft.type}'`, field.text);
    draft.size = sizeOf(field);
  },
  mode: (draft, field) => {
    draft.mode = numberOf(field, 8);
  },
  uid: (draft, field) => {
    draft.uid = numberOf(field, 10);
  },
  gid: (draft, field) => {
    draft.gid = numberOf(field, 10);
  },
};
const aliases: Readonly<Record<string, string>> = {
  src: 'source',
  dst: 'target',
  destination: 'target',
  ro: 'readonly',
  rw: 'readwrite',
};
/** Buildah's keys, about labels and owners of its volumes: taken, and without effect. */
const foreign: ReadonlySet<string> = new Set(['z', 'relabel', 'u']);

function readField(draft: Draft, field: Field): void {
  const name = Object.hasOwn(aliases, field.key) ? (aliases[field.key] as string) : field.key;
  const set = Object.hasOwn(setters, name) ? setters[name] : undefined;
  if (set !== undefined) set(draft, field);
  else if (!foreign.has(field.key)) {
    const known = [...Object.keys(setters), ...Object.keys(aliases)];
    throw field.fail(`unexpected key '${field.key}' in '${field.text}'${meant(field.key, known)}`, field.text);
  }
}

function oneOf<Word extends string>(known: readonly Word[], { value, fail }: Field, what: string): Word {
  const found = known.find(word => word === value.toLowerCase());
  if (found === undefined) throw fail(`${what} "${value}"${meant(value, known)}`, value);
  return found;
}

/** The words that Go takes for yes and no. */
function truthOf({ key, value, fail }: Field): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw fail(`invalid value for ${key}: ${value}`, value);
}

function numberOf({ key, value, fail }: Field, base: 8 | 10): number {
  const isNumber = base === 8 ? /^[0-7]{1,11}$/.test(value) : /^\d{1,10}$/.test(value);
  const number = Number.parseInt(value, base);
  if (!isNumber || number > 0xffff_ffff) throw fail(`invalid value ${value} for ${key}`, value);
  return number;
}

const exponents: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** Bytes of a text such as `64m`, in powers of 1024 as docker counts them. */
function sizeOf({ key, value, fail }: Field): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(value);
  if (match === null) throw fail(`invalid value for ${key}: ${value}`, value);
  return Math.trunc(Number(match[1]) * 1024 ** (exponents[(match[2] ?? '').toLowerCase()] ?? 0));
}

function checkMount(mount: Draft, fail: Fail): void {
  if (mount.type === 'bind' || mount.type === 'tmpfs')
    for (const key of ['mode', 'uid', 'gid'] as const)
      if (mount[key] !== undefined) throw fail(`${key} not allowed for "${mount.type}" type mounts`, key);
  if (mount.type === 'secret') checkSecret(mount, fail);
  if (mount.sharing !== '' && mount.type !== 'cache') throw fail(`invalid cache sharing set for ${mount.type} mount`);
}

function checkSecret(mount: Draft, fail: Fail): void {
  if (mount.from !== '') throw fail('secret mount should not have a from');
  if (mount.sharing !== '') throw fail('secret mount should not define sharing');
  if (mount.source === '' && mount.target === '' && mount.id === '')
    throw fail('invalid secret mount. one of source, target required');
  if (mount.source !== '' && mount.id !== '') throw fail("both source and id can't be set");
}
