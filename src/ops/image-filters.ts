import { badOption } from '../errors.ts';
import { durationOf } from '../spec/duration.ts';
import type { ImageRow } from './results.ts';

/** A row of `images` with what only filters ask for. */
export interface FilterableRow {
  readonly row: ImageRow;
  readonly labels: Readonly<Record<string, string>>;
  /** Every form of its name that a `reference` glob may match: familiar and canonical, with and without tag. */
  readonly references: readonly string[];
}

type Filter = (candidate: FilterableRow) => boolean;

function instantOf(text: string, now: number | undefined): number {
  const duration = durationOf(text);
  if (duration !== undefined && now !== undefined) return now - duration;
  const instant = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(instant)) throw badOption('filters until', `expected a time or a duration, got '${text}'`);
  return instant;
}

/** Go's path.Match as a regular expression: `*` and `?` do not cross a slash. */
function referencePattern(glob: string): RegExp {
  const literal = (text: string): string => text.replace(/[\\^$.|()+{}[\]/]/g, '\\$&');
  const body = glob.replace(/\[\^?(?:\\.|[^\]\\])+\]|\\.|[*?]|[^*?[\\]+|./gs, part => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.startsWith('[') && part.endsWith(']')) return part;
    return literal(part.startsWith('\\') ? part.slice(1) : part);
  });
  try {
    return new RegExp(`^${body}$`);
  } catch {
    throw badOption('filters reference', `expected a glob, got '${glob}'`);
  }
}

function labelFilter(value: string): Filter {
  const at = value.indexOf('=');
  const key = at < 0 ? value : value.slice(0, at);
  return ({ labels }) => Object.hasOwn(labels, key) && (at < 0 || labels[key] === value.slice(at + 1));
}

function booleanOf(value: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false;
  throw badOption('filters dangling', `expected true or false, got '${value}'`);
}

/** Milliseconds since 1970; 0 for an image that does not say when it was made, or says it in no way that is known. */
export function createdOf({ created }: ImageRow): number {
  const time = created === null ? 0 : Date.parse(created);
  return Number.isNaN(time) ? 0 : time;
}

function neighbour(rows: readonly FilterableRow[], name: string): number {
  const found = rows.find(
    ({ row, references }) =>
      references.includes(name) ||
      references.includes(`${name}:latest`) ||
      row.id === name ||
      row.id.startsWith(`sha256:${name}`),
  );
  if (found === undefined)
    throw badOption(`filters ${name}`, 'expected an image of this list, got a name that is not in it');
  return createdOf(found.row);
}

function timeFilter(key: string, value: string, rows: readonly FilterableRow[]): Filter {
  const bound = neighbour(rows, value);
  return key === 'before' ? ({ row }) => createdOf(row) < bound : ({ row }) => createdOf(row) > bound;
}

function parseFilter(
  text: string,
  rows: readonly FilterableRow[],
  now: number | undefined,
): { key: string; filter: Filter } {
  const at = text.indexOf('=');
  const negated = text[at - 1] === '!';
  const key = (at < 0 ? text : text.slice(0, negated ? at - 1 : at)).trim().toLowerCase();
  const value = at < 0 ? '' : text.slice(at + 1).trim();
  if (at < 0) throw badOption(`filters ${text}`, 'expected KEY=VALUE, got no value');
  switch (key) {
    case 'dangling': {
      const wanted = booleanOf(value);
      return { key, filter: ({ row }) => (row.tag === null) === wanted };
    }
    case 'label': {
      const has = labelFilter(value);
      return { key: negated ? 'label!' : key, filter: negated ? row => !has(row) : has };
    }
    case 'before':
    case 'since':
      return { key, filter: timeFilter(key, value, rows) };
    case 'reference': {
      const pattern = referencePattern(value);
      return { key, filter: ({ references }) => references.some(reference => pattern.test(reference)) };
    }
    case 'until': {
      const bound = instantOf(value, now);
      return { key, filter: ({ row }) => createdOf(row) < bound };
    }
    default:
      throw badOption(`filters ${text}`, `expected dangling, label, before, since, reference or until, got '${key}'`);
  }
}

/** Docker's filters over `images`: different keys must all hold, several `reference` globs are alternatives, several labels must all hold. */
export function filterImages(
  rows: readonly FilterableRow[],
  filters: readonly string[],
  now: number | undefined,
): FilterableRow[] {
  const parsed = filters.map(text => parseFilter(text, rows, now));
  const references = parsed.filter(({ key }) => key === 'reference');
  const others = parsed.filter(({ key }) => key !== 'reference');
  return rows.filter(
    row =>
      others.every(({ filter }) => filter(row)) &&
      (references.length === 0 || references.some(({ filter }) => filter(row))),
  );
}
