import type { Healthcheck } from '../../spec/objects.ts';
import { goRune, goTexts, jsonList } from './go-text.ts';

/** A check as a line of history says it: durations as Go prints them, by the names of options. */
interface PrintedCheck {
  readonly kind: string | undefined;
  readonly words: readonly string[];
  readonly times: Readonly<Record<string, string | undefined>>;
  readonly retries: number;
}

const isZero = (text: string): boolean => /^0(?:s|ns)?$/.test(text);

/** HEALTHCHECK's arguments: the options that say something, and the command. */
function printed({ kind, words, times, retries }: PrintedCheck): string {
  if (kind === 'NONE' || kind === undefined) return 'NONE';
  const flags = Object.entries(times).flatMap(([name, time]) =>
    time === undefined || isZero(time) ? [] : [`--${name}=${time}`],
  );
  if (retries > 0) flags.push(`--retries=${retries}`);
  return [...flags, 'CMD', kind === 'CMD-SHELL' ? words.join(' ') : jsonList(words)].join(' ');
}

/** `&{["CMD-SHELL" "test"] "30s" "3s" "0s" '\x03'}`, with a fourth duration since docker 25. */
function quotedCheck(text: string): PrintedCheck | undefined {
  const [, list, rest] = /^&\{(\[.*?\])\s+("[^[\]]*)\}$/s.exec(text) ?? [];
  if (list === undefined || rest === undefined) return undefined;
  const [kind, ...words] = goTexts(list);
  const [interval, timeout, startPeriod, startInterval] = goTexts(rest);
  const times = { interval, timeout, 'start-period': startPeriod, 'start-interval': startInterval };
  return { kind, words, times, retries: goRune(rest) ?? 0 };
}

/** `{Test:[CMD-SHELL test] Interval:30s Timeout:3s StartPeriod:0s StartInterval:0s Retries:3}`, as newer BuildKits print it: nothing is quoted, so words are the config's where those are the same ones. */
function namedCheck(text: string, known: Healthcheck | undefined): PrintedCheck | undefined {
  const [, list, rest] = /^&?\{Test:\[(.*)\] ((?:\w+:\S+ )*Retries:\d+)\}$/s.exec(text) ?? [];
  if (list === undefined || rest === undefined) return undefined;
  const said = new Map(rest.split(' ').map(pair => pair.split(':', 2) as [string, string]));
  const [kind = '', ...blanks] = list.split(' ');
  const test = known?.Test ?? [];
  const words = test.join(' ') === list ? test.slice(1) : kind === 'CMD-SHELL' ? [blanks.join(' ')] : blanks;
  const times = {
    interval: said.get('Interval'),
    timeout: said.get('Timeout'),
    'start-period': said.get('StartPeriod'),
    'start-interval': said.get('StartInterval'),
  };
  return { kind: kind === '' ? undefined : kind, words, times, retries: Number(said.get('Retries')) };
}

/** HEALTHCHECK's arguments from what a line of history has: Go's print of a value, in one of two forms, or the arguments themselves. */
export function checkFromHistory(text: string, known: Healthcheck | undefined): string {
  const check = quotedCheck(text) ?? namedCheck(text, known);
  return check === undefined ? text : printed(check);
}

const seconds = (nanoseconds: number | undefined): string => `${(nanoseconds ?? 0) / 1e9}s`;

/** HEALTHCHECK's arguments from a config. */
export function checkFromConfig({ Test, Retries, ...times }: Healthcheck): string {
  const [kind, ...words] = Test ?? [];
  return printed({
    kind,
    words,
    times: {
      interval: seconds(times.Interval),
      timeout: seconds(times.Timeout),
      'start-period': seconds(times.StartPeriod),
      'start-interval': seconds(times.StartInterval),
    },
    retries: Retries ?? 0,
  });
}
