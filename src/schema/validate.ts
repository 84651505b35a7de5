import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { SchemaFault } from '../image/lenient.ts';
import { listedLimit } from '../limits.ts';
import type { Fault } from './faults.ts';
import { patternWords } from './pattern-words.ts';
import { schemas } from './schemas.ts';

export type DocumentKind = 'manifest' | 'index' | 'config' | 'descriptor' | 'layout' | 'rules';

/** The files of schemas/ by kind. */
export const schemaNames: Readonly<Record<DocumentKind, string>> = {
  manifest: 'image-manifest',
  index: 'image-index',
  config: 'image-config',
  descriptor: 'content-descriptor',
  layout: 'image-layout',
  rules: 'rules',
};

export const maxFaults = 20;
const maxValue = 60;

type Validators = (kind: DocumentKind) => ValidateFunction;
const compilers = new Map<boolean, Promise<Validators>>();

/** ajv and the schemas cost more than most commands: both wait for the first need. */
async function loadCompiler(allErrors: boolean): Promise<Validators> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const ajv = new Ajv2020({ allErrors, strict: true, strictRequired: false, strictTypes: false, verbose: true });
  for (const schema of Object.values(schemas)) ajv.addSchema(schema);
  return kind => ajv.getSchema(`urn:ocikit:schema:${schemaNames[kind]}`) as ValidateFunction;
}

async function validatorOf(kind: DocumentKind, allErrors: boolean): Promise<ValidateFunction> {
  const compiler = compilers.get(allErrors) ?? loadCompiler(allErrors);
  compilers.set(allErrors, compiler);
  return (await compiler)(kind);
}

/** Whether a value holds no more than so many values, however deep. */
function isSmall(value: unknown): boolean {
  const left: unknown[] = [value];
  for (let count = 0; left.length > 0; count++) {
    if (count + left.length > listedLimit) return false;
    const next = left.pop();
    if (next === null || typeof next !== 'object') continue;
    const inner = Object.values(next);
    if (inner.length > listedLimit) return false;
    for (const one of inner) left.push(one);
  }
  return true;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? `'${value.slice(0, maxValue)}'` : String(value);
}

/** What a keyword asks for, in words. */
function expected({ keyword, params, schema }: Fault): string {
  switch (keyword) {
    case 'required':
      return `a value for '${params['missingProperty']}'`;
    case 'type':
      return `a value of type ${[params['type']].flat().join(' or ')}`;
    case 'const':
      return shown(params['allowedValue']);
    case 'enum':
      return `one of ${(params['allowedValues'] as unknown[]).map(shown).join(', ')}`;
    case 'pattern':
      return patternWords[String(params['pattern'])] ?? 'text of another form';
    case 'not':
      return "a document without another kind's fields";
    case 'minLength':
      return 'text that is not empty';
    case 'maxLength':
      return `at most ${params['limit']} characters`;
    case 'minimum':
    case 'maximum':
      return `a number ${params['comparison']} ${params['limit']}`;
    default:
      return `${keyword} ${typeof schema === 'object' ? '' : String(schema)}`.trim();
  }
}

/** The fields that make a document of one kind or another. */
const kindFields: readonly string[] = ['manifests', 'layers', 'config'];

/** What a document has of the fields of two kinds. */
function confused(value: unknown): string {
  const found = kindFields.filter(name => typeof value === 'object' && value !== null && Object.hasOwn(value, name));
  return found.length === 0 ? shown(value) : `both, ${found.map(name => `'${name}'`).join(' and ')}`;
}

/** Keywords that only say that a part of them does not hold: the part has an error of its own. */
const wrappers: readonly string[] = ['if', 'anyOf', 'allOf', 'propertyNames'];

export function schemaFaultOf(error: Fault): SchemaFault {
  const value = error.propertyName === undefined ? error.data : error.propertyName;
  const got = error.keyword === 'required' ? 'nothing' : error.keyword === 'not' ? confused(value) : shown(value);
  return {
    code: `schema-${error.keyword}`,
    pointer: error.instancePath,
    message: `expected ${expected(error)}, got ${got}`,
  };
}

/**
 * What a JSON value breaks of the schema of its kind (schemas/): at most 20 faults; of a document of more than 10000 values only the first.
 */
export async function validateDocument(kind: DocumentKind, value: unknown): Promise<SchemaFault[]> {
  const first = await validatorOf(kind, false);
  if (first(value)) return [];
  const firstErrors = first.errors ?? [];
  if (!isSmall(value)) return faultsIn(firstErrors);
  const all = await validatorOf(kind, true);
  return all(value) ? faultsIn(firstErrors) : faultsIn(all.errors ?? []);
}

function faultsIn(errors: readonly ErrorObject[]): SchemaFault[] {
  const own = errors.filter(error => !wrappers.includes(error.keyword));
  return (own.length > 0 ? own : errors).slice(0, maxFaults).map(schemaFaultOf);
}
