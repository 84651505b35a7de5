import { type ChangedLines, changedLines } from './changed-lines.ts';
import type { ByteString } from './node.ts';
import { atOnce, each, type Parts } from './parts.ts';
import { byteStringOf } from './path.ts';
import { slideChanges } from './slid-changes.ts';

/** One line of a hunk: of both texts (` `), of the older alone (`-`), of the newer alone (`+`). */
interface HunkLine {
  readonly kind: ' ' | '-' | '+';
  /** Its bytes, without the line feed. */
  readonly text: ByteString;
  /** The last line of a text that does not end with a line feed. */
  readonly isUnended?: true;
}

/** Lines that differ, with those around them; as the numbers of `@@ -1,3 +1,4 @@` have it: the first line is 1, and of no lines it is the one above them. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  /** The nearest line above that begins with a letter, `_` or `$`, cut to 80 bytes: in what part of the text this is. Empty where there is none. */
  readonly section: ByteString;
  readonly lines: readonly HunkLine[];
}

/** How two texts differ, line by line. */
export interface TextDiff {
  readonly hunks: readonly Hunk[];
  /** Lines of the newer text that the older lacks, and the other way round. */
  readonly added: number;
  readonly deleted: number;
}

/** Lines around what differs. */
const context = 3;

/** Where git looks for a NUL, which no text has. */
const headLength = 8000;

/** Whether bytes are no text, by git's rule: there is a NUL among the first 8000. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, headLength).includes(0);
}

/** A text's lines, each with its line feed where it has one. */
function linesOf(bytes: Uint8Array): readonly ByteString[] {
  const lines = byteStringOf(bytes).split('\n');
  const last = lines.pop() ?? '';
  const ended = lines.map(line => `${line}\n`);
  return last === '' ? ended : [...ended, last];
}

/** State: a number for each line that is like no line before. */
class Numbers {
  readonly #known = new Map<ByteString, number>();

  *of(lines: readonly ByteString[]): Parts<Int32Array> {
    const numbers = new Int32Array(lines.length);
    let at = 0;
    yield* each(lines, line => {
      const known = this.#known.get(line) ?? this.#known.size;
      this.#known.set(line, known);
      numbers[at++] = known;
    });
    return numbers;
  }
}

/** A run of changed lines: `[start, end)` of either text. */
interface Run {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** The runs of changed lines that are near enough to each other to be shown in one hunk, hunk by hunk. */
function* runsOf({ before, after }: ChangedLines): Generator<readonly Run[]> {
  let runs: Run[] = [];
  let [one, other] = [0, 0];
  while (one < before.length || other < after.length) {
    const [oldStart, newStart] = [one, other];
    while (before[one] === 1) one++;
    while (after[other] === 1) other++;
    if (one > oldStart || other > newStart) {
      const last = runs.at(-1);
      if (last !== undefined && oldStart - last.oldEnd > 2 * context) {
        yield runs;
        runs = [];
      }
      runs.push({ oldStart, oldEnd: one, newStart, newEnd: other });
    } else {
      one++;
      other++;
    }
  }
  if (runs.length > 0) yield runs;
}

/** State: the heading of the part of a text that a line lies in, looked for from where it was last looked for. */
class Sections {
  readonly #lines: readonly ByteString[];
  #seen = 0;
  #last: ByteString = '';

  constructor(lines: readonly ByteString[]) {
    this.#lines = lines;
  }

  above(line: number): ByteString {
    for (let at = line - 1; at >= this.#seen; at--) {
      const text = this.#lines[at] as ByteString;
      if (!/^[A-Za-z_$]/.test(text)) continue;
      this.#last = text.slice(0, 80).trimEnd();
      break;
    }
    this.#seen = Math.max(line, this.#seen);
    return this.#last;
  }
}

function lineOf(kind: HunkLine['kind'], line: ByteString): HunkLine {
  return line.endsWith('\n') ? { kind, text: line.slice(0, -1) } : { kind, text: line, isUnended: true };
}

/** Two texts as their lines. */
interface Texts {
  readonly before: readonly ByteString[];
  readonly after: readonly ByteString[];
}

function* hunkLines(
  { before, after }: Texts,
  runs: readonly Run[],
  [from, to]: readonly [number, number],
): Generator<HunkLine> {
  let at = from;
  for (const { oldStart, oldEnd, newStart, newEnd } of runs) {
    for (; at < oldStart; at++) yield lineOf(' ', before[at] as ByteString);
    for (; at < oldEnd; at++) yield lineOf('-', before[at] as ByteString);
    for (let other = newStart; other < newEnd; other++) yield lineOf('+', after[other] as ByteString);
  }
  for (; at < to; at++) yield lineOf(' ', before[at] as ByteString);
}

function hunkOf(texts: Texts, runs: readonly Run[], sections: Sections): Hunk {
  const [first, last] = [runs[0] as Run, runs.at(-1) as Run];
  const above = Math.min(context, first.oldStart);
  const below = Math.min(context, texts.before.length - last.oldEnd);
  const [from, to] = [first.oldStart - above, last.oldEnd + below];
  const [newFrom, newTo] = [first.newStart - above, last.newEnd + below];
  return {
    oldStart: to === from ? from : from + 1,
    oldLines: to - from,
    newStart: newTo === newFrom ? newFrom : newFrom + 1,
    newLines: newTo - newFrom,
    section: sections.above(from),
    lines: [...hunkLines(texts, runs, [from, to])],
  };
}

/**
 * How two texts differ, in hunks as git's with three lines around what differs; none where they are the same. Any bytes will do: a line is what a line feed ends.
 * What can be read in several ways is read as git does (a run of changed lines lies as low as it can), and where texts differ in very much the edit is a short one,
 * if not the shortest, so that work stays in bounds. In parts.
 */
export function* textDiffInParts(before: Uint8Array, after: Uint8Array): Parts<TextDiff> {
  const texts = { before: linesOf(before), after: linesOf(after) };
  const numbers = new Numbers();
  const [older, newer] = [yield* numbers.of(texts.before), yield* numbers.of(texts.after)];
  const changed = yield* changedLines(older, newer);
  slideChanges(older, changed.before, { lines: newer, changed: changed.after });
  slideChanges(newer, changed.after, { lines: older, changed: changed.before });
  const sections = new Sections(texts.before);
  const hunks: Hunk[] = [];
  yield* each(runsOf(changed), runs => void hunks.push(hunkOf(texts, runs, sections)));
  const count = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0);
  return { hunks, added: count(changed.after), deleted: count(changed.before) };
}

/** The same at once, for texts that are small. */
export function textDiff(before: Uint8Array, after: Uint8Array): TextDiff {
  return atOnce(textDiffInParts(before, after));
}
