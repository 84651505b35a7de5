import { schemas } from './schemas.ts';

/** What a value breaks: a keyword of the schema, and where. Shaped as ajv's errors are, as far as sentences need it. */
export interface Fault {
  readonly keyword: string;
  /** A JSON pointer. */
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly schema?: unknown;
  readonly data?: unknown;
  readonly propertyName?: string;
}

type Schema = Readonly<Record<string, unknown>>;
type Members = Readonly<Record<string, unknown>>;

interface At {
  readonly value: unknown;
  readonly path: string;
  /** The file's schema, for its own `$defs`. */
  readonly root: Schema;
}

const byID = new Map(Object.values(schemas).map(schema => [(schema as { $id: string }).$id, schema as Schema]));
const patterns = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  const pattern = patterns.get(source) ?? new RegExp(source, 'u');
  patterns.set(source, pattern);
  return pattern;
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isMembers(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

const lengthOf = (text: string): number => [...text].length;

/** Keywords that one look at the value decides; each answers what ajv would say of it, or undefined where it holds. */
const simple: Readonly<Record<string, (value: unknown, wanted: never) => Record<string, unknown> | undefined>> = {
  type: (value, type: string | string[]) => ([type].flat().some(one => isOfType(value, one)) ? undefined : { type }),
  const: (value, allowedValue: unknown) => (value === allowedValue ? undefined : { allowedValue }),
  enum: (value, allowedValues: unknown[]) => (allowedValues.includes(value) ? undefined : { allowedValues }),
  pattern: (value, pattern: string) =>
    typeof value !== 'string' || patternOf(pattern).test(value) ? undefined : { pattern },
  minLength: (value, limit: number) => (typeof value !== 'string' || lengthOf(value) >= limit ? undefined : { limit }),
  maxLength: (value, limit: number) => (typeof value !== 'string' || lengthOf(value) <= limit ? undefined : { limit }),
  minimum: (value, limit: number) =>
    typeof value !== 'number' || value >= limit ? undefined : { limit, comparison: '>=' },
  maximum: (value, limit: number) =>
    typeof value !== 'number' || value <= limit ? undefined : { limit, comparison: '<=' },
  required(value, names: string[]) {
    const missingProperty = isMembers(value) ? names.find(name => !Object.hasOwn(value, name)) : undefined;
    return missingProperty === undefined ? undefined : { missingProperty };
  },
};

/** Only words about the schema, or read beside another keyword. */
const silent: ReadonlySet<string> = new Set(['$schema', '$id', '$defs', 'title', 'description', 'then']);

const inside = ({ path, root }: At, name: string | number, value: unknown): At => ({
  value,
  path: `${path}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`,
  root,
});

function* eachOf<T>(items: Iterable<T>, faults: (item: T) => Iterable<Fault>): Iterable<Fault> {
  for (const item of items) yield* faults(item);
}

const first = (faults: Iterable<Fault>): Fault | undefined => {
  for (const fault of faults) return fault;
  return undefined;
};

const holds = (at: At, schema: Schema): boolean => first(faultsIn(at, schema)) === undefined;

/** Keywords with schemas in them. */
const nested: Readonly<Record<string, (at: At, wanted: never, schema: Schema) => Iterable<Fault>>> = {
  $ref(at, reference: string) {
    const [id = '', name] = reference.split('#/$defs/');
    const root = id === '' ? at.root : (byID.get(id) as Schema);
    return faultsIn({ ...at, root }, name === undefined ? root : ((root['$defs'] as Members)[name] as Schema));
  },
  properties: (at, properties: Readonly<Record<string, Schema>>) =>
    eachOf(isMembers(at.value) ? Object.entries(at.value) : [], ([name, value]) =>
      Object.hasOwn(properties, name) && value !== undefined
        ? faultsIn(inside(at, name, value), properties[name] as Schema)
        : [],
    ),
  // No schema of ours has both named and additional properties.
  additionalProperties: (at, schema: Schema) =>
    eachOf(isMembers(at.value) ? Object.entries(at.value) : [], ([name, value]) =>
      faultsIn(inside(at, name, value), schema),
    ),
  *propertyNames(at, schema: Schema) {
    for (const name of isMembers(at.value) ? Object.keys(at.value) : [])
      for (const fault of faultsIn({ ...at, value: name }, schema)) yield { ...fault, propertyName: name };
  },
  items: (at, schema: Schema) =>
    eachOf(Array.isArray(at.value) ? at.value.entries() : [], ([position, value]) =>
      faultsIn(inside(at, position, value), schema),
    ),
  allOf: (at, parts: readonly Schema[]) => eachOf(parts, part => faultsIn(at, part)),
  anyOf: (at, parts: readonly Schema[]) =>
    parts.some(part => holds(at, part)) ? [] : faultsIn(at, parts[0] as Schema),
  if: (at, condition: Schema, schema) => (holds(at, condition) ? faultsIn(at, (schema['then'] ?? {}) as Schema) : []),
  not({ value: data, path: instancePath, root }, wanted: Schema) {
    const isFault = holds({ value: data, path: instancePath, root }, wanted);
    return isFault ? [{ keyword: 'not', instancePath, params: {}, schema: wanted, data }] : [];
  },
};

function faultsOfKeyword(at: At, schema: Schema, keyword: string): Iterable<Fault> {
  const wanted = schema[keyword] as never;
  if (silent.has(keyword)) return [];
  if (Object.hasOwn(nested, keyword)) return nested[keyword]?.(at, wanted, schema) ?? [];
  if (!Object.hasOwn(simple, keyword)) throw new Error(`no check for the schema's keyword ${keyword}`);
  const params = simple[keyword]?.(at.value, wanted);
  return params === undefined ? [] : [{ keyword, instancePath: at.path, params, schema: wanted, data: at.value }];
}

const faultsIn = (at: At, schema: Schema): Iterable<Fault> =>
  eachOf(Object.keys(schema), keyword => faultsOfKeyword(at, schema, keyword));

/**
 * What a JSON value breaks of one of our schemas (`image-config`), found as it is asked for. It knows the keywords that our
 * schemas use and needs no compiling: ajv takes longer to load than most verbs to run.
 */
export function faultsOf(name: string, value: unknown): Iterable<Fault> {
  const root = byID.get(`urn:ocikit:schema:${name}`) as Schema;
  return faultsIn({ value, path: '', root }, root);
}
