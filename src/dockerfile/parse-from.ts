import { flagText, parseFlags } from './flags.ts';
import { goQuoted } from './go-quoted.ts';
import type { Effect } from './instruction.ts';
import type { Given } from './instructions.ts';
import { splitWords } from './words.ts';

const stageName = /^[a-z][a-z0-9-_.]*$/;

/** `FROM [--platform=…] base [AS name]`. */
export function parseFrom({ text, flags, fail }: Given): Effect {
  const [base, as, written, ...more] = splitWords(text);
  const isNamed = written !== undefined && as?.toLowerCase() === 'as' && more.length === 0;
  if (base === undefined || (as !== undefined && !isNamed)) throw fail('FROM requires either one or three arguments');
  const name = written?.toLowerCase();
  if (name !== undefined && !stageName.test(name))
    throw fail(
      `invalid name for build stage: ${goQuoted(written ?? '')}, name can't start with a number or contain symbols`,
      written,
    );
  const platform = flagText(parseFlags(flags, { platform: 'text' }, fail), 'platform') ?? '';
  if (name === undefined || written === undefined || as === undefined)
    return { kind: 'from', from: { base, platform } };
  return { kind: 'from', from: { base, platform, name, written: { as, name: written } } };
}
