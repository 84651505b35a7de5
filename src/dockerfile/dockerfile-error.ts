import { type ErrorCode, OciError } from '../errors.ts';
import { excerptOf } from './excerpt.ts';
import type { DockerfileLine } from './lines.ts';

/** A place in a text: line and column count from 1, a column is a UTF-16 code unit. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** The lines of the instruction that it belongs to. */
  readonly lines: readonly [first: number, last: number];
}

interface More {
  readonly place: Place;
  /** What is wrong with the text is `invalid`; what it names may be `not-found`. */
  readonly code?: ErrorCode;
  readonly cause?: unknown;
  readonly hint?: string;
  readonly excerpt?: string;
}

/** What is wrong with a Dockerfile, and where: `Dockerfile:4:6: unknown flag: --chow (did you mean chown?)`. */
export class DockerfileError extends OciError {
  readonly place: Place;

  constructor(file: string, message: string, more: More) {
    const { place, code = 'invalid', ...rest } = more;
    super(code, `${file}:${place.line}:${place.column}`, message, rest);
    this.place = place;
  }

  /** The same with the lines of the file's text that it is about. */
  shownIn(text: string): DockerfileError {
    const { place, code, cause } = this;
    const hint = this.hint === undefined ? {} : { hint: this.hint };
    const excerpt = excerptOf(text.split(/\r?\n/), place);
    const file = this.subject.replace(/:\d+:\d+$/, '');
    return new DockerfileError(file, this.message.slice(this.subject.length + 2), {
      place,
      code,
      cause,
      excerpt,
      ...hint,
    });
  }
}

/** Where a word of an instruction stands; the instruction itself, where the word does not occur or none is given. */
export function placeOf(line: DockerfileLine, word = ''): Place {
  const at = Math.max(0, word === '' ? 0 : line.text.indexOf(word));
  let piece = line.pieces[0] ?? { offset: 0, line: line.number, column: 1 };
  for (const next of line.pieces) if (next.offset <= at) piece = next;
  return { line: piece.line, column: piece.column + at - piece.offset, lines: [line.number, line.end] };
}
