import { OciError } from '../errors.ts';
import type { DockerfileLine } from './lines.ts';

/** A place in a text: line and column count from 1, a column is a UTF-16 code unit. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** The lines of the instruction that it belongs to. */
  readonly lines: readonly [first: number, last: number];
}

/** What is wrong with a Dockerfile, and where: `Dockerfile:4:6: unknown flag: --chow (did you mean chown?)`. */
export class DockerfileError extends OciError {
  readonly place: Place;

  constructor(file: string, message: string, more: { readonly place: Place; readonly cause?: unknown }) {
    super('invalid', `${file}:${more.place.line}:${more.place.column}`, message, { cause: more.cause });
    this.place = more.place;
  }
}

/** Where a word of an instruction stands; the instruction itself, where the word does not occur or none is given. */
export function placeOf(line: DockerfileLine, word = ''): Place {
  const at = Math.max(0, word === '' ? 0 : line.text.indexOf(word));
  let piece = line.pieces[0] ?? { offset: 0, line: line.number, column: 1 };
  for (const next of line.pieces) if (next.offset <= at) piece = next;
  return { line: piece.line, column: piece.column + at - piece.offset, lines: [line.number, line.end] };
}
