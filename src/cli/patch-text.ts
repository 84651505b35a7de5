import type { HunkLineView, HunkView } from '../ops/diff-results.ts';
import type { DiffRow, NodeView } from '../ops/results.ts';
import { encodeText, textOf } from '../tree/path.ts';
import { formerPath, rawOf, rawPath } from './diff-rows.ts';
import { escapeText } from './escape.ts';
import { paint, paintBold, paintGround } from './paint.ts';

/** How a patch is printed: as it is, or for eyes on a terminal, contents escaped there and with colours. */
interface PatchStyle {
  readonly color: boolean;
  /** For a terminal: what it would act on is escaped. Else contents are the very bytes. */
  readonly escaped: boolean;
  /** Paths are the very bytes; else quoted as git does where they hold what is no text. */
  readonly raw: boolean;
}

type PatchRow = Pick<DiffRow, 'path' | 'pathBytes' | 'from' | 'fromBytes' | 'before' | 'after' | 'similarity' | 'text'>;

const shorts: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '"': '\\"', '\\': '\\\\' };
const octal = (byte: string): string => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`;

/** A path as git quotes it unless told otherwise: with all that is no printable ASCII, quotes and backslashes escaped, between quotes. */
export function quotedPath(path: string): string {
  const quoted = path.replace(/[^ -!#-[\]-~]/g, byte => shorts[byte] ?? octal(byte));
  return quoted === path ? path : `"${quoted}"`;
}

/** The two names that a patch has for a row, without the slash that a path begins with. */
export function namesOf(row: PatchRow): readonly [older: string, newer: string] {
  return [rawPath(formerPath(row) ?? row).slice(1), rawPath(row).slice(1)];
}

const types: Readonly<Record<string, string>> = { file: '10', directory: '04' };

/** A mode as git writes it, but with all of its bits; nothing for what has no contents. */
function modeOf(node: NodeView | null): string | undefined {
  if (node === null) return undefined;
  if (node.type === 'symlink') return '120000';
  const type = types[node.type];
  return type === undefined ? undefined : `${type}${node.mode}`;
}

const hasContents = (node: NodeView | null): boolean => node?.type === 'file' || node?.type === 'symlink';

function* modeLines(before: NodeView | null, after: NodeView | null): Generator<string> {
  const [was, is] = [modeOf(before), modeOf(after)];
  if (was === undefined) yield `new file mode ${is}`;
  else if (is === undefined) yield `deleted file mode ${was}`;
  else if (was !== is) yield* [`old mode ${was}`, `new mode ${is}`];
}

const range = (start: number, count: number): string => (count === 1 ? `${start}` : `${start},${count}`);

function lineText({ kind, text, textBytes, isUnended }: HunkLineView, { color, escaped }: PatchStyle): string {
  const raw = rawOf(text, textBytes);
  const shown = escaped ? encodeText(textBytes === undefined ? escapeText(text) : textOf(raw)) : raw;
  const end = isUnended === true ? '\n\\ No newline at end of file\n' : '\n';
  if (!color || kind === ' ') return `${kind}${shown}${end}`;
  const trailing = kind === '+' ? (/[ \t]+$/.exec(shown)?.[0] ?? '') : '';
  const body = `${kind}${shown.slice(0, shown.length - trailing.length)}`;
  return `${paint(body, kind === '+' ? 'green' : 'red')}${trailing === '' ? '' : paintGround(trailing)}${end}`;
}

function* hunkTexts(hunk: HunkView, style: PatchStyle): Generator<string> {
  const { oldStart, oldLines, newStart, newLines, section, sectionBytes } = hunk;
  const head = `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`;
  const raw = rawOf(section, sectionBytes);
  const shown = style.escaped ? encodeText(sectionBytes === undefined ? escapeText(section) : textOf(raw)) : raw;
  yield `${style.color ? paint(head, 'cyan') : head}${raw === '' ? '' : ` ${shown}`}\n`;
  for (const line of hunk.lines) yield lineText(line, style);
}

/** One file's part of a patch: what there was and what there is under its two names. */
interface Part {
  readonly names: readonly [older: string, newer: string];
  readonly before: NodeView | null;
  readonly after: NodeView | null;
  readonly similarity?: number | undefined;
  readonly text: DiffRow['text'];
}

function* partTexts({ names, before, after, similarity, text }: Part, style: PatchStyle): Generator<string> {
  const quoted = (name: string): string => (style.raw ? name : quotedPath(name));
  const [older, newer] = [quoted(`a/${names[0]}`), quoted(`b/${names[1]}`)];
  const meta = (line: string): string => `${style.color ? paintBold(line) : line}\n`;
  yield meta(`diff --git ${older} ${newer}`);
  for (const line of modeLines(before, after)) yield meta(line);
  if (similarity !== undefined) {
    yield meta(`similarity index ${similarity}%`);
    yield meta(`rename from ${quoted(names[0])}`);
    yield meta(`rename to ${quoted(names[1])}`);
  }
  const [from, to] = [before === null ? '/dev/null' : older, after === null ? '/dev/null' : newer];
  if (text?.kind === 'binary') yield `Binary files ${from} and ${to} differ\n`;
  if (text?.kind === 'large') yield `Files ${from} and ${to} differ: they are too large to be compared line by line\n`;
  if (text?.kind !== 'text' || text.hunks.length === 0) return;
  const named = (name: string): string => (name.includes(' ') && !name.startsWith('"') ? `${name}\t` : name);
  yield meta(`--- ${named(from)}`);
  yield meta(`+++ ${named(to)}`);
  for (const hunk of text.hunks) yield* hunkTexts(hunk, style);
}

/** Whether a patch has anything to say of a row: contents, a mode, another name. */
export function isInPatch({ text, similarity, before, after }: PatchRow): boolean {
  if (text !== undefined || similarity !== undefined) return true;
  return hasContents(before) && hasContents(after) && modeOf(before) !== modeOf(after);
}

/** A row's part of a patch as git writes it, in byte strings. What became another type is deleted and made anew. */
export function* patchTexts(row: PatchRow, style: PatchStyle): Generator<string> {
  const [before, after] = [hasContents(row.before) ? row.before : null, hasContents(row.after) ? row.after : null];
  const { similarity, text } = row;
  const names = namesOf(row);
  if (before === null || after === null || before.type === after.type)
    return yield* partTexts({ names, before, after, similarity, text }, style);
  const part = (isIn: (hunk: HunkView) => boolean): Part['text'] =>
    text?.kind === 'text' ? { ...text, hunks: text.hunks.filter(isIn) } : text;
  yield* partTexts({ names, before, after: null, text: part(hunk => hunk.newLines === 0) }, style);
  yield* partTexts({ names, before: null, after, text: part(hunk => hunk.newLines !== 0) }, style);
}
