import { schemas } from './schemas.ts';

/** What a value breaks first: a keyword of the schema, and where. Shaped as ajv's errors are, as far as sentences need it. */
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

function firstOf<T>(items: Iterable<T>, check: (item: T) => Fault | undefined): Fault | undefined {
  for (const item of items) {
    const fault = check(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Keywords with schemas in them. */
const nested: Readonly<Record<string, (at: At, wanted: never, schema: Schema) => Fault | undefined>> = {
  $ref(at, reference: string) {
    const [id = '', name] = reference.split('#/$defs/');
    const root = id === '' ? at.root : (byID.get(id) as Schema);
    return faultIn({ ...at, root }, name === undefined ? root : ((root['$defs'] as Members)[name] as Schema));
  },
  properties: (at, properties: Readonly<Record<string, Schema>>) =>
    firstOf(isMembers(at.value) ? Object.entries(at.value) : [], ([name, value]) =>
      Object.hasOwn(properties, name) && value !== undefined
        ? faultIn(inside(at, name, value), properties[name] as Schema)
        : undefined,
    ),
  // No schema of ours has both named and additional properties.
  additionalProperties: (at, schema: Schema) =>
    firstOf(isMembers(at.value) ? Object.entries(at.value) : [], ([name, value]) =>
      faultIn(inside(at, name, value), schema),
    ),
  propertyNames: (at, schema: Schema) =>
    firstOf(isMembers(at.value) ? Object.keys(at.value) : [], name => {
      const fault = faultIn({ ...at, value: name }, schema);
      return fault === undefined ? undefined : { ...fault, propertyName: name };
    }),
  items: (at, schema: Schema) =>
    firstOf(Array.isArray(at.value) ? at.value.entries() : [], ([position, value]) =>
      faultIn(inside(at, position, value), schema),
    ),
  allOf: (at, parts: readonly Schema[]) => firstOf(parts, part => faultIn(at, part)),
  anyOf(at, parts: readonly Schema[]) {
    const faults = parts.map(part => faultIn(at, part));
    return faults.includes(undefined) ? undefined : faults[0];
  },
  if: (at, condition: Schema, schema) =>
    faultIn(at, condition) === undefined ? faultIn(at, (schema['then'] ?? {}) as Schema) : undefined,
  not(at, wanted: Schema) {
    const { value: data, path: instancePath } = at;
    return faultIn(at, wanted) === undefined
      ? { keyword: 'not', instancePath, params: {}, schema: wanted, data }
      : undefined;
  },
};

function faultOf(at: At, schema: Schema, keyword: string): Fault | undefined {
  const wanted = schema[keyword] as never;
  if (silent.has(keyword)) return undefined;
  if (Object.hasOwn(nested, keyword)) return nested[keyword]?.(at, wanted, schema);
  if (!Object.hasOwn(simple, keyword)) throw new Error(`no check for the schema's keyword ${keyword}`);
  const params = simple[keyword]?.(at.value, wanted);
  return params === undefined ? undefined : { keyword, instancePath: at.path, params, schema: wanted, data: at.value };
}

const faultIn = (at: At, schema: Schema): Fault | undefined =>
  firstOf(Object.keys(schema), keyword => faultOf(at, schema, keyword));

/**
 * The first thing that a JSON value breaks of one of our schemas (`image-config`), or undefined where it breaks none. It knows
 * the keywords that our schemas use and needs no compiling: ajv takes longer to load than most verbs to run.
 */
export function firstFault(name: string, value: unknown): Fault | undefined {
  const root = byID.get(`urn:ocikit:schema:${name}`) as Schema;
  return faultIn({ value, path: '', root }, root);
}
