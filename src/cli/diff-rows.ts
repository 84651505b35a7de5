import type { ConfigRow, DiffResult, DiffRow } from '../ops/results.ts';
import { byteStringOf, encodeText, textOf } from '../tree/path.ts';
import { escapeLine } from './escape.ts';
import { jsonText } from './json-text.ts';

/** A line of a difference, whatever it is about: a path, or a field of the config (`config:/config/User`). */
export interface ListedRow {
  readonly kind: DiffRow['kind'];
  readonly path: string;
  /** Base64 of a path that is not UTF-8. */
  readonly pathBytes?: string;
  readonly type: string;
  readonly reasons: readonly { readonly aspect: string; readonly before: string; readonly after: string }[];
  readonly before: unknown;
  readonly after: unknown;
  /** Where a renamed file was. */
  readonly from?: string;
  readonly fromBytes?: string;
  readonly similarity?: number;
  readonly bytes?: { readonly before: number; readonly after: number };
}

/** What says where a row's file lies. */
type PathOfRow = Pick<ListedRow, 'path' | 'pathBytes'> & { readonly type?: string };

function fieldRow(type: 'config' | 'manifest', { field, before, after }: ConfigRow): ListedRow {
  const text = (value: unknown): string => (value === undefined ? '' : jsonText(value));
  return {
    kind: before === undefined ? 'A' : after === undefined ? 'D' : 'C',
    path: `${type}:${field}`,
    type,
    reasons: [{ aspect: 'value', before: text(before), after: text(after) }],
    before: before ?? null,
    after: after ?? null,
  };
}

/** Whether a row is about a field of a document and not about a path. */
export const isFieldRow = ({ type }: Pick<ListedRow, 'type'>): boolean => type === 'config' || type === 'manifest';

/** Fields of the config and of the manifest that differ. */
export const fieldRows = ({ config, manifest }: Pick<DiffResult, 'config' | 'manifest'>): readonly ListedRow[] => [
  ...config.map(row => fieldRow('config', row)),
  ...manifest.map(row => fieldRow('manifest', row)),
];

/** How many rows a difference has. */
export const rowCount = ({ changes, config, manifest }: Pick<DiffResult, 'changes' | 'config' | 'manifest'>): number =>
  changes.length + config.length + manifest.length;

/** Paths first, then fields of the config and of the manifest. */
export const listedRows = (result: DiffResult): readonly ListedRow[] => [...result.changes, ...fieldRows(result)];

/** A row's path for people, everything unsafe escaped so that it can be told from any other. */
export function shownPath({ path, pathBytes, type = '' }: PathOfRow): string {
  if (isFieldRow({ type })) return escapeLine(path);
  return pathBytes === undefined ? textOf(encodeText(path)) : path;
}

/** The very bytes of a field of JSON. */
export const rawOf = (text: string, bytes: string | undefined): string =>
  bytes === undefined ? encodeText(text) : byteStringOf(Buffer.from(bytes, 'base64'));

/** The very bytes of a row's path. */
export const rawPath = ({ path, pathBytes }: PathOfRow): string => rawOf(path, pathBytes);

/** Where the file of a row was, as a row's path; undefined where it was not renamed. */
export function formerPath({ from, fromBytes }: Pick<ListedRow, 'from' | 'fromBytes'>): PathOfRow | undefined {
  if (from === undefined) return undefined;
  return fromBytes === undefined ? { path: from } : { path: from, pathBytes: fromBytes };
}

/** Whether a row is about the root directory itself, which docker's lines never name. */
export const isRootRow = ({ path, type }: ListedRow): boolean => path === '/' && type === 'directory';

/** What the lines that leave the root out do not say: nobody shall wonder at an exit code. */
export function rootNote(rows: readonly ListedRow[]): readonly string[] {
  const row = rows.find(isRootRow);
  if (row === undefined) return [];
  const reasons = row.reasons.map(({ aspect, before, after }) => `${aspect} ${before}→${after}`);
  return [`/: the root directory itself differs (${reasons.join(', ')}); --reasons and --json list it`];
}
