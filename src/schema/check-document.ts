import { OciError } from '../errors.ts';
import { type Fault, faultsOf } from './faults.ts';
import { type DocumentKind, maxFaults, schemaFaultOf, schemaNames } from './validate.ts';

/** What makes two faults one: what is broken, in which field, by which value. Places in lists move when lists are edited. */
function identityOf({ keyword, instancePath, params, data, propertyName }: Fault): string {
  const field = instancePath.replaceAll(/\/\d+(?=\/|$)/g, '/*');
  return JSON.stringify([keyword, field, params, propertyName, typeof data === 'object' ? undefined : data]);
}

/**
 * Holds that a JSON value that is to be written follows the schema of its kind (schemas/). What is wrong with it and was so in
 * the one that it was made of (`before`) is no fault of who changed it: it stays, and a sentence is answered for each, at most
 * 20. Throws `invalid` with a JSON pointer for what is new.
 */
export function checkDocument(
  kind: DocumentKind,
  value: unknown,
  { subject, before }: { readonly subject: string; readonly before?: (() => unknown) | undefined },
): readonly string[] {
  const name = schemaNames[kind];
  let known: ReadonlySet<string> | undefined;
  const inherited: string[] = [];
  for (const fault of faultsOf(name, value)) {
    known ??= new Set(before === undefined ? [] : Array.from(faultsOf(name, before()), identityOf));
    const { pointer, message } = schemaFaultOf(fault);
    const field = pointer === '' ? subject : `${subject} ${pointer}`;
    if (!known.has(identityOf(fault))) throw new OciError('invalid', field, message);
    if (inherited.length < maxFaults) inherited.push(`${field}: ${message}, as in what it is made of`);
  }
  return inherited;
}
