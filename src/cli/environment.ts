import { usage } from '../errors.ts';
import { isTime } from '../spec/time.ts';
import type { Io } from './io.ts';
import { rfc3339 } from './units.ts';
import type { Words } from './words.ts';

const variable = 'SOURCE_DATE_EPOCH';
/** The last second of the year 9999, where RFC 3339 ends. */
const lastSecond = 253_402_300_799;

/** Seconds since 1970 that stand for now wherever ocikit writes a time; undefined where nobody fixed them. */
function sourceDateEpoch(io: Io): number | undefined {
  const text = io.env[variable];
  if (text === undefined || text === '') return undefined;
  const seconds = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= lastSecond)) throw usage(variable, `expected seconds since 1970 in digits, got '${text}'`);
  return seconds;
}

/** A time that an option says, RFC 3339; undefined where it was not given. Throws `usage`. */
export function givenTime(said: string | undefined, option: string): string | undefined {
  if (said !== undefined && !isTime(said))
    throw usage(`--${option}`, `expected a time such as 2024-01-31T12:00:00Z (RFC 3339), got '${said}'`);
  return said;
}

/** What counts as now, RFC 3339, in whole seconds. Throws `usage`. */
export const nowTime = (io: Io): string =>
  rfc3339((sourceDateEpoch(io) ?? Math.floor(io.now().getTime() / 1000)) * 1000);

/** A time that somebody has fixed, RFC 3339: as the option says, else by the variable; undefined where nobody has. Throws `usage`. */
export function fixedTime(said: string | undefined, io: Io): string | undefined {
  const seconds = sourceDateEpoch(io);
  return givenTime(said, 'created') ?? (seconds === undefined ? undefined : rfc3339(seconds * 1000));
}

/** The time that a new image gets, RFC 3339: as `--created` says, else in whole seconds. Throws `usage`. */
export const createdTime = (words: Words, io: Io): string => givenTime(words.text('created'), 'created') ?? nowTime(io);

/** The bound of `--clamp-mtime`. Throws `usage` where the variable does not say it. */
export function clampTime(words: Words, io: Io): number | undefined {
  if (!words.flag('clamp-mtime')) return undefined;
  const seconds = sourceDateEpoch(io);
  if (seconds === undefined) throw usage('--clamp-mtime', `expected ${variable} in the environment, got none`);
  return seconds;
}

/** Whether to colour what goes to stdout. */
export function hasColor(words: Words, io: Io): boolean {
  const refused = io.env['NO_COLOR'] !== undefined && io.env['NO_COLOR'] !== '';
  return io.stdoutIsTerminal && !refused && !words.flag('no-color');
}
