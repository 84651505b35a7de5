import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { Finding } from '../image/finding.ts';
import { schemas } from './schemas.ts';

export type DocumentKind = 'manifest' | 'index' | 'config' | 'descriptor' | 'layout';

const files: Readonly<Record<DocumentKind, string>> = {
  manifest: 'image-manifest',
  index: 'image-index',
  config: 'image-config',
  descriptor: 'content-descriptor',
  layout: 'image-layout',
};

const maxFindings = 20;
const maxValue = 60;

let compile: Promise<(kind: DocumentKind) => ValidateFunction> | undefined;

/** ajv and the schemas cost more than most commands: both wait for the first need. */
async function loadCompiler(): Promise<(kind: DocumentKind) => ValidateFunction> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, verbose: true });
  for (const schema of Object.values(schemas)) ajv.addSchema(schema);
  return kind => ajv.getSchema(`urn:ocikit:schema:${files[kind]}`) as ValidateFunction;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? `'${value.slice(0, maxValue)}'` : String(value);
}

/** What a keyword asks for, in words. */
function expected({ keyword, params, schema }: ErrorObject): string {
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
      return `text that matches ${params['pattern']}`;
    case 'not':
      return "a document without another kind's fields";
    case 'minLength':
      return 'a name that is not empty';
    default:
      return `${keyword} ${typeof schema === 'object' ? '' : String(schema)}`.trim();
  }
}

/** Keywords that only say that a part of them does not hold: the part has an error of its own. */
const wrappers: readonly string[] = ['if', 'anyOf', 'allOf', 'propertyNames'];

function findingOf(error: ErrorObject): Finding {
  const subject = error.instancePath === '' ? '' : ` ${error.instancePath}`;
  const value = error.propertyName === undefined ? error.data : error.propertyName;
  const got = error.keyword === 'required' ? 'nothing' : shown(value);
  return {
    severity: 'error',
    code: `schema-${error.keyword}`,
    subject,
    message: `expected ${expected(error)}, got ${got}`,
  };
}

/**
 * What a JSON value breaks of the schema of its kind (schemas/): at most 20 findings, each with a JSON pointer as its subject.
 */
export async function validateDocument(kind: DocumentKind, value: unknown): Promise<Finding[]> {
  compile ??= loadCompiler();
  const validate = (await compile)(kind);
  if (validate(value)) return [];
  const errors = (validate.errors ?? []).filter(error => !wrappers.includes(error.keyword));
  return (errors.length > 0 ? errors : (validate.errors ?? [])).slice(0, maxFindings).map(findingOf);
}
