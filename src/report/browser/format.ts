import type { NodeType } from '../page-data.ts';

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes in powers of 1000, three digits. */
export function bytes(count: number): string {
  let [value, unit] = [Math.abs(count), 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${count < 0 ? '−' : ''}${value.toFixed(digits)} ${units[unit]}`;
}

/** A difference of bytes with its sign. */
export const change = (count: number): string => (count > 0 ? `+${bytes(count)}` : bytes(count));

/** A number of things with commas at the thousands. */
export const count = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',');

/** So many of something, in the singular or the plural. */
export const some = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`;

/** A part of a whole. */
export function share(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %';
  const percent = (part / whole) * 100;
  return percent < 0.1 ? '< 0.1 %' : `${percent.toFixed(percent < 9.95 ? 1 : 0)} %`;
}

const kinds: Readonly<Record<NodeType, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  'char device': 'c',
  'block device': 'b',
  fifo: 'p',
};

/** Type and mode as ls -l writes them. */
export function modeText(type: NodeType, mode: number): string {
  const triple = (bits: number, special: boolean, letter: string): string => {
    const run = bits & 1;
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${special ? (run ? letter : letter.toUpperCase()) : run ? 'x' : '-'}`;
  };
  return `${kinds[type]}${triple((mode >> 6) & 7, (mode & 0o4000) !== 0, 's')}${triple((mode >> 3) & 7, (mode & 0o2000) !== 0, 's')}${triple(mode & 7, (mode & 0o1000) !== 0, 't')}`;
}

export const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** A time in UTC, to the minute. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `@${seconds}` : date.toISOString().slice(0, 16).replace('T', ' ');
}

/** The day and minute of a time in RFC 3339, as it is written. */
export const day = (text: string): string => {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : `${moment(Math.floor(time / 1000))} UTC`;
};

/** The first digits of a digest, which tell it apart. */
export const short = (digest: string): string => digest.replace(/^[^:]*:/, '').slice(0, 12);
