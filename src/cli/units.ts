import { shortText } from './decimal.ts';

const sizeUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];

/** Bytes as docker prints them: base 1000, three digits, so 999500 is `1e+03kB` there as here. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < sizeUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${shortText(value, 3)}${sizeUnits[unit]}`;
}

/** So many of something, in the singular or the plural. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A duration in milliseconds as docker words it. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  return longDuration(milliseconds / 3_600_000);
}

function longDuration(exactHours: number): string {
  const hours = Math.trunc(exactHours + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(Math.trunc(exactHours) / 24 / 365)} years`;
}

/** The milliseconds since 1970 of an RFC 3339 time, or undefined where it is none. */
export function parseTime(text: string | null): number | undefined {
  if (text === null || !/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/.test(text))
    return undefined;
  const time = Date.parse(text.toUpperCase());
  return Number.isNaN(time) ? undefined : time;
}

/** RFC 3339 in whole seconds, UTC. */
export function rfc3339(time: number): string {
  return `${new Date(Math.floor(time / 1000) * 1000).toISOString().slice(0, -5)}Z`;
}

/** How long ago a time was, in docker's words. */
export function ageOf(time: number, now: number): string {
  return `${humanDuration(now - time)} ago`;
}
