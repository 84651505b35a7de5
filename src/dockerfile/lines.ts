import { type Fail, usage } from '../errors.ts';
import { instructionsLimit, lineLimit } from '../limits.ts';
import { type Directives, directivesOf } from './directives.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { type Heredoc, heredocsOf } from './heredoc.ts';

/** Where a part of a joined line stands in the file; `offset` is into the text. */
interface Piece {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** One instruction with its continuation lines joined. Lines count from 1. */
export interface DockerfileLine {
  readonly number: number;
  readonly end: number;
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** The comments directly above, without their marks. */
  readonly comments: readonly string[];
  readonly heredocs: readonly (Heredoc & { readonly content: string })[];
  /** The last line that is joined, where a blank line stands among those. */
  readonly blankBefore?: number;
}

interface DockerfileLines {
  readonly directives: Directives;
  readonly lines: readonly DockerfileLine[];
}

const encoder = new TextEncoder();

/** Says what is wrong in a line: in a Dockerfile with its place, for `change` as an option's fault. */
type FailAt = (line: number) => Fail;

/** The faults of a Dockerfile that no instruction could be made of yet. */
export function failIn(file: string): FailAt {
  return line => message => new DockerfileError(file, message, { place: { line, column: 1, lines: [line, line] } });
}

/**
 * Splits a Dockerfile into instructions as docker's parser does: directives, comments, continuation lines, heredocs.
 * Throws what `failAt` makes of docker's words; `usage` where the text is too long.
 */
export function dockerfileLines(text: string, subject: string, failAt: FailAt): DockerfileLines {
  if (text.length > instructionsLimit) {
    throw usage(subject, `expected at most ${instructionsLimit} characters of instructions, got ${text.length}`);
  }
  const raw = text.replace(/^\ufeff/, '').split('\n');
  // What follows the last line's end is no line.
  if (raw.at(-1) === '') raw.pop();
  const lines = raw.map(withoutReturns);
  for (const [index, line] of lines.entries()) checkLength(line, failAt(index + 1));
  const { count, ...directives } = directivesOf(lines, failAt);
  return { directives, lines: joinLines({ raw, lines, first: count, escapeToken: directives.escape, failAt }) };
}

function withoutReturns(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === '\r') end -= 1;
  return line.slice(0, end);
}

function checkLength(line: string, fail: Fail): void {
  if (line.length * 3 > lineLimit && encoder.encode(line).length > lineLimit) {
    throw fail(`dockerfile line greater than maximum allowed size of ${lineLimit}`);
  }
}

interface Joining {
  /** As they stand, for heredocs, and without carriage returns at their end. */
  readonly raw: readonly string[];
  readonly lines: readonly string[];
  readonly first: number;
  readonly escapeToken: string;
  readonly failAt: FailAt;
}

function joinLines(joining: Joining): DockerfileLine[] {
  const joined: DockerfileLine[] = [];
  let comments: string[] = [];
  for (let index = joining.first; index < joining.lines.length; ) {
    const trimmed = (joining.lines[index] as string).trim();
    if (trimmed.startsWith('#')) {
      const comment = trimmed.slice(1).trim();
      comments = comment === '' ? [] : [...comments.slice(-mostComments), comment];
      index += 1;
    } else if (trimmed === '') index += 1;
    else {
      const line = joinLine(joining, index, comments);
      index = line.end;
      if (line.text.trim() === '') continue;
      joined.push(line);
      comments = [];
    }
  }
  return joined;
}

/** More than these above one instruction are prose, and each would be copied again for the next. */
const mostComments = 100;

function joinLine(joining: Joining, start: number, comments: readonly string[]): DockerfileLine {
  const { lines, escapeToken } = joining;
  const parts: string[] = [];
  const pieces: Piece[] = [];
  let [offset, end, open, hasBlank] = [0, start, true, false];
  for (; open && end < lines.length; end += 1) {
    const line = lines[end] as string;
    const trimmed = line.trimStart();
    if (end > start && (trimmed === '' || trimmed.startsWith('#'))) {
      hasBlank ||= trimmed === '';
      continue;
    }
    const { text, continues } = withoutContinuation(end === start ? trimmed : line, escapeToken);
    pieces.push({ offset, line: end + 1, column: end === start ? 1 + line.length - trimmed.length : 1 });
    parts.push(text);
    offset += text.length;
    open = continues;
  }
  const text = parts.join('');
  const { heredocs, after } = readHeredocs(joining, text, { start, end });
  const blank = hasBlank ? { blankBefore: end } : {};
  return { number: start + 1, end: after, text, pieces, comments, heredocs, ...blank };
}

/** An escape character that ends a line continues it, unless it is itself escaped. */
function withoutContinuation(line: string, escapeToken: string): { text: string; continues: boolean } {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  const continues = line[end - 1] === escapeToken && line[end - 2] !== escapeToken;
  return continues ? { text: line.slice(0, end - 1), continues } : { text: line, continues };
}

function readHeredocs(
  { raw, lines, escapeToken, failAt }: Joining,
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): { heredocs: DockerfileLine['heredocs']; after: number } {
  let after = end;
  const heredocs = heredocsOf(text, escapeToken).map(heredoc => {
    const first = after;
    const ends = (line: string): boolean => (heredoc.chomp ? line.replace(/^\t+/, '') : line) === heredoc.name;
    while (after < lines.length && !ends(lines[after] as string)) after += 1;
    if (after >= lines.length) throw failAt(start + 1)(`unterminated heredoc ${heredoc.name}`);
    after += 1;
    return {
      ...heredoc,
      content: raw
        .slice(first, after - 1)
        .map(line => `${line}\n`)
        .join(''),
    };
  });
  return { heredocs, after };
}
