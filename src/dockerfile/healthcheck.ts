import type { Fail } from '../errors.ts';
import type { Healthcheck } from '../spec/objects.ts';
import { type Flags, flagText, parseFlags } from './flags.ts';
import { goQuoted } from './go-quoted.ts';
import { stringArray } from './words.ts';

const durations = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
} as const;
const kinds = {
  interval: 'text',
  timeout: 'text',
  'start-period': 'text',
  'start-interval': 'text',
  retries: 'text',
} as const;

/** Nanoseconds. */
const units: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);
const shortestDuration = 1e6;
const largestRetries = 2 ** 31 - 1;

/** HEALTHCHECK's arguments: `NONE`, or flags and `CMD …`. Throws what `fail` makes of docker's words. */
export function parseHealthcheck(flags: readonly string[], rest: string, fail: Fail): Healthcheck {
  const type = /^\S*/.exec(rest)?.[0] ?? '';
  const command = rest.slice(type.length).trimStart();
  switch (type.toUpperCase()) {
    case '':
      throw fail('HEALTHCHECK requires at least one argument');
    case 'NONE':
      // Its flags are not looked at, whatever they are.
      if (command !== '') throw fail('HEALTHCHECK NONE takes no arguments', command);
      return { Test: ['NONE'] };
    case 'CMD': {
      const given = parseFlags(flags, kinds, fail);
      return { Test: testOf(command, fail), ...optionsOf(given, fail) };
    }
    default:
      parseFlags(flags, kinds, fail);
      throw fail(`Unknown type ${goQuoted(type.toUpperCase())} in HEALTHCHECK (try CMD)`, type);
  }
}

function testOf(command: string, fail: Fail): string[] {
  const words = stringArray(command, fail);
  if (command === '' || words?.length === 0) throw fail('Missing command after HEALTHCHECK CMD');
  return words === undefined ? ['CMD-SHELL', command] : ['CMD', ...words];
}

function optionsOf(flags: Flags, fail: Fail): Healthcheck {
  const intervals = Object.entries(durations).map(
    ([name, field]) => [field, parseInterval(name, flagText(flags, name) ?? '', fail)] as const,
  );
  const retries = parseRetries(flagText(flags, 'retries') ?? '', fail);
  // Zero is docker's "inherit", which it writes as no field.
  return Object.fromEntries([...intervals, ['Retries', retries] as const].filter(([, value]) => value !== 0));
}

/** Nothing is zero, as for the durations. */
function parseRetries(text: string, fail: Fail): number {
  if (text === '') return 0;
  if (/^-\d+$/.test(text)) throw fail(`--retries cannot be negative (${text})`);
  const retries = Number(text);
  const wrong = (why: string): Error => fail(`strconv.ParseInt: parsing ${goQuoted(text)}: ${why}`);
  if (!/^\+?\d+$/.test(text)) throw wrong('invalid syntax');
  if (retries > largestRetries) throw wrong('value out of range');
  return retries;
}

function parseInterval(name: string, text: string, fail: Fail): number {
  if (text === '') return 0;
  const duration = parseDuration(text, fail);
  if (duration !== 0 && duration < shortestDuration) {
    throw fail(`Interval "${name}" cannot be less than 1ms`);
  }
  return duration;
}

/** Nanoseconds of a text such as `1m30s` or `1.5h`. Throws what `fail` makes of Go's words. */
export function parseDuration(text: string, fail: Fail): number {
  const wrong = (): Error => fail(`time: invalid duration "${text}"`);
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text;
  if (unsigned === '0') return 0;
  if (unsigned === '') throw wrong();
  const part = /(\d+\.?\d*|\.\d+)([^\d.]*)/y;
  let total = 0;
  while (part.lastIndex < unsigned.length) {
    const match = part.exec(unsigned);
    if (match === null) throw wrong();
    const [, number, unit = ''] = match;
    if (unit === '') throw fail(`time: missing unit in duration "${text}"`);
    const factor = units.get(unit);
    if (factor === undefined) throw fail(`time: unknown unit "${unit}" in duration "${text}"`);
    total += Math.trunc(Number(number) * factor);
  }
  if (!Number.isSafeInteger(total)) throw wrong();
  return text.startsWith('-') ? -total : total;
}
