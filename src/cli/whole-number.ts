import { usage } from '../errors.ts';

/** The value of an option that is a number of up to nine digits; undefined where it was not said. Throws `usage`. */
export function wholeNumber(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw usage(option, `expected a whole number, got '${text}'`);
  return Number(text);
}
