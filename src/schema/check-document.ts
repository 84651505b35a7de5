import { OciError } from '../errors.ts';
import { firstFault } from './first-fault.ts';
import { type DocumentKind, findingOf, schemaNames } from './validate.ts';

/** Holds that a JSON value that is to be written follows the schema of its kind (schemas/). Throws `invalid` with a JSON pointer. */
export function checkDocument(kind: DocumentKind, value: unknown, subject: string): void {
  const fault = firstFault(schemaNames[kind], value);
  if (fault === undefined) return;
  const finding = findingOf(fault);
  throw new OciError('invalid', `${subject}${finding.subject}`, finding.message);
}
