import { badOption } from '../errors.ts';

/** Where a warning is to be an error, throws the first as `unsupported`. */
export function checkWarnings(warnings: readonly string[], strict: boolean | undefined): void {
  const [first] = warnings;
  if (strict === true && first !== undefined)
    throw badOption('strict', `expected everything to be carried, got ${first}`, { code: 'unsupported' });
}
