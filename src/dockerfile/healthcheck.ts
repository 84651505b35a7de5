import { usage } from '../errors.ts';
import type { Healthcheck } from '../spec/objects.ts';
import { stringArray } from './words.ts';

const durations = {
  '--interval': 'Interval',
  '--timeout': 'Timeout',
  '--start-period': 'StartPeriod',
  '--start-interval': 'StartInterval',
} as const;
type DurationFlag = keyof typeof durations;

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

/** HEALTHCHECK's arguments: `NONE`, or flags and `CMD …`. Throws `usage` as docker words it. */
export function parseHealthcheck(flags: readonly string[], rest: string, subject: string): Healthcheck {
  const type = /^\S*/.exec(rest)?.[0] ?? '';
  const command = rest.slice(type.length).trimStart();
  switch (type.toUpperCase()) {
    case '':
      throw usage(subject, 'HEALTHCHECK requires at least one argument');
    case 'NONE':
      if (command !== '') throw usage(subject, 'HEALTHCHECK NONE takes no arguments');
      if (flags[0] !== undefined) throw usage(subject, `unknown flag: ${nameOf(flags[0])}`);
      return { Test: ['NONE'] };
    case 'CMD':
      return { Test: testOf(command, subject), ...optionsOf(flags, subject) };
    default:
      throw usage(subject, `Unknown type "${type}" in HEALTHCHECK (try CMD)`);
  }
}

function testOf(command: string, subject: string): string[] {
  const words = stringArray(command, subject);
  if (command === '' || words?.length === 0) throw usage(subject, 'Missing command after HEALTHCHECK CMD');
  return words === undefined ? ['CMD-SHELL', command] : ['CMD', ...words];
}

const nameOf = (flag: string): string => flag.split('=', 1)[0] as string;

function optionsOf(flags: readonly string[], subject: string): Healthcheck {
  const options = new Map<string, number>();
  for (const flag of flags) {
    const name = nameOf(flag);
    if (name !== '--retries' && !Object.hasOwn(durations, name)) throw usage(subject, `unknown flag: ${name}`);
    if (name === flag) throw usage(subject, `missing a value on flag: ${name}`);
    const field = name === '--retries' ? 'Retries' : durations[name as DurationFlag];
    if (options.has(field)) throw usage(subject, `duplicate flag specified: ${name}`);
    const value = flag.slice(name.length + 1);
    options.set(field, name === '--retries' ? parseRetries(value, subject) : parseInterval(name, value, subject));
  }
  // Zero is docker's "inherit", which it writes as no field.
  return Object.fromEntries([...options].filter(([, value]) => value !== 0));
}

function parseRetries(text: string, subject: string): number {
  if (/^-\d+$/.test(text)) throw usage(subject, `--retries cannot be negative (${text})`);
  const retries = Number(text);
  if (!/^\+?\d+$/.test(text) || retries > largestRetries)
    throw usage(subject, `expected --retries as a whole number, got "${text}"`);
  return retries;
}

function parseInterval(name: string, text: string, subject: string): number {
  const duration = parseDuration(text, subject);
  if (duration !== 0 && duration < shortestDuration) {
    throw usage(subject, `Interval "${name.slice(2)}" cannot be less than 1ms`);
  }
  return duration;
}

/** Nanoseconds of a text such as `1m30s` or `1.5h`. Throws `usage`. */
export function parseDuration(text: string, subject: string): number {
  const wrong = (): Error => usage(subject, `time: invalid duration "${text}"`);
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text;
  if (unsigned === '0') return 0;
  if (unsigned === '') throw wrong();
  const part = /(\d+\.?\d*|\.\d+)([^\d.]*)/y;
  let total = 0;
  while (part.lastIndex < unsigned.length) {
    const match = part.exec(unsigned);
    if (match === null) throw wrong();
    const [, number, unit = ''] = match;
    if (unit === '') throw usage(subject, `time: missing unit in duration "${text}"`);
    const factor = units.get(unit);
    if (factor === undefined) throw usage(subject, `time: unknown unit "${unit}" in duration "${text}"`);
    total += Math.trunc(Number(number) * factor);
  }
  if (!Number.isSafeInteger(total)) throw wrong();
  return text.startsWith('-') ? -total : total;
}
