import type { Fail } from '../errors.ts';
import { meant } from '../spec/nearest-word.ts';

/** What an instruction's flag takes: one text, any number of texts, or yes and no. */
type FlagKind = 'text' | 'texts' | 'boolean';

/** The values of an instruction's flags by their names; of a flag that was not given there is none. */
export type Flags = ReadonlyMap<string, readonly string[]>;

export const flagText = (flags: Flags, name: string): string | undefined => flags.get(name)?.[0];

/** A flag of yes and no; undefined where it was not given. */
export function flagOf(flags: Flags, name: string): boolean | undefined {
  const value = flagText(flags, name);
  return value === undefined ? undefined : value === 'true';
}

/** Holds flags (`--name=value`, unquoted) to what their instruction takes. Throws what `fail` makes of docker's words. */
export function parseFlags(written: readonly string[], kinds: Readonly<Record<string, FlagKind>>, fail: Fail): Flags {
  const values = new Map<string, string[]>();
  for (const flag of written) {
    const equals = flag.indexOf('=');
    const shown = equals < 0 ? flag : flag.slice(0, equals);
    const name = shown.slice(2);
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw fail(`unknown flag: ${shown}${meant(name, Object.keys(kinds))}`, shown);
    if (values.has(name) && kind !== 'texts') throw fail(`duplicate flag specified: ${shown}`, shown);
    const value = checkedValue(equals < 0 ? undefined : flag.slice(equals + 1), { kind, shown, fail });
    const given = values.get(name);
    if (given === undefined) values.set(name, [value]);
    else given.push(value);
  }
  return values;
}

function checkedValue(
  value: string | undefined,
  { kind, shown, fail }: { readonly kind: FlagKind; readonly shown: string; readonly fail: Fail },
): string {
  if (kind !== 'boolean') {
    if (value === undefined) throw fail(`missing a value on flag: ${shown}`, shown);
    return value;
  }
  if (value === '') throw fail(`missing a value on flag: ${shown}`, shown);
  const lower = (value ?? 'true').toLowerCase();
  if (lower !== 'true' && lower !== 'false')
    throw fail(`expecting boolean value for flag ${shown}, not: ${value}`, shown);
  return lower;
}
