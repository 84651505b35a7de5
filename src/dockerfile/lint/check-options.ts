import type { Fail } from '../../errors.ts';

/** What a `check` directive says: rules to leave out, experimental ones to take in, and whether a warning is an error. */
export interface CheckOptions {
  readonly skip: 'all' | readonly string[];
  readonly experimental: 'all' | readonly string[];
  readonly error: boolean;
}

export const noOptions: CheckOptions = { skip: [], experimental: [], error: false };

/** `skip=A,B;error=true;experimental=all`. Throws what `fail` makes of docker's words. */
export function parseCheckOptions(text: string, fail: Fail): CheckOptions {
  let options = noOptions;
  if (text.trim() === '') return options;
  for (const part of text.trim().split(';')) {
    const equals = part.indexOf('=');
    const key = part.slice(0, Math.max(0, equals)).trim();
    const value = part.slice(equals + 1).trim();
    if (key === 'skip' || key === 'experimental') options = { ...options, [key]: rulesOf(value) };
    else if (key === 'error' && /^(1|t|true|0|f|false)$/i.test(value))
      options = { ...options, error: /^[1t]/i.test(value) };
    else throw fail(`invalid check option "${equals < 0 ? part : key}"`, part);
  }
  return options;
}

const rulesOf = (value: string): 'all' | readonly string[] =>
  value === 'all' ? 'all' : value.split(',').map(rule => rule.trim());

/** Both together, for an instruction that has its own. */
export function withOptions(base: CheckOptions, more: CheckOptions): CheckOptions {
  return { ...base, skip: both(base.skip, more.skip), experimental: both(base.experimental, more.experimental) };
}

function both(one: CheckOptions['skip'], other: CheckOptions['skip']): CheckOptions['skip'] {
  return one === 'all' || other === 'all' ? 'all' : [...one, ...other];
}
