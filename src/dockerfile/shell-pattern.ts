import type { Fail } from '../errors.ts';

/** One place of a pattern: a character, `?` (any one) or `*` (any number). */
type Piece =
  | { readonly kind: 'character'; readonly character: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'any' };
/** What stands between two `*`: characters, undefined for any one. */
type Segment = readonly (string | undefined)[];

interface ShellPattern {
  readonly segments: readonly Segment[];
}

/** Parses a pattern of parameter expansion: `*`, `?`, and `\` before `*`, `?`, `\`, `}` and `/`. Throws what `fail` makes of docker's words. */
export function parseShellPattern(text: string, fail: Fail): ShellPattern {
  const segments: (string | undefined)[][] = [[]];
  for (const piece of piecesOf(text, fail)) {
    if (piece.kind === 'any') segments.push([]);
    else segments.at(-1)?.push(piece.kind === 'one' ? undefined : piece.character);
  }
  return { segments };
}

function piecesOf(text: string, fail: Fail): Piece[] {
  const pieces: Piece[] = [];
  const characters = [...text];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] as string;
    if (character === '*') pieces.push({ kind: 'any' });
    else if (character === '?') pieces.push({ kind: 'one' });
    else if (character !== '\\') pieces.push({ kind: 'character', character });
    else {
      index += 1;
      const escaped = characters[index] ?? '';
      if (escaped === '' || !'*?\\}/'.includes(escaped)) {
        throw fail(`invalid pattern (${text}) in substitution: invalid escape '\\${escaped}'`);
      }
      pieces.push({ kind: 'character', character: escaped });
    }
  }
  return pieces;
}

/** `${v#p}` and, greedy, `${v##p}`. */
export function withoutPrefix(value: string, pattern: ShellPattern, greedy: boolean): string {
  const characters = [...value];
  const end = matchEnd(characters, pattern.segments, { start: 0, greedy, anchored: true });
  return end === undefined ? value : characters.slice(end.end).join('');
}

/** `${v%p}` and, greedy, `${v%%p}`: the prefix of both reversed. */
export function withoutSuffix(value: string, pattern: ShellPattern, greedy: boolean): string {
  const characters = [...value].reverse();
  const segments = pattern.segments.map(segment => segment.toReversed()).reverse();
  const end = matchEnd(characters, segments, { start: 0, greedy, anchored: true });
  return end === undefined ? value : characters.slice(end.end).reverse().join('');
}

/** `${v/p/r}` and, for all, `${v//p/r}`; the longest match that starts first. An empty pattern matches at the start and, for all, beside every character. */
export function withReplacement(
  value: string,
  pattern: ShellPattern,
  replacement: { text: string; all: boolean },
): string {
  const characters = [...value];
  if (pattern.segments.length === 1 && pattern.segments[0]?.length === 0)
    return replacement.text + (replacement.all ? characters.map(one => one + replacement.text).join('') : value);
  const parts: string[] = [];
  let position = 0;
  do {
    const match = matchEnd(characters, pattern.segments, { start: position, greedy: true, anchored: false });
    if (match === undefined) break;
    parts.push(characters.slice(position, match.start).join(''), replacement.text);
    position = match.end;
  } while (replacement.all && position < characters.length);
  return parts.join('') + characters.slice(position).join('');
}

interface Search {
  readonly start: number;
  readonly greedy: boolean;
  readonly anchored: boolean;
}

/**
 * The first match, from segment to segment: each is taken where it first occurs, the last where it last (greedy) or
 * first occurs. Where a later segment is not found there is no match from any later start either, so no step is undone.
 */
function matchEnd(
  text: readonly string[],
  segments: readonly Segment[],
  search: Search,
): { start: number; end: number } | undefined {
  const [first = [], ...rest] = segments;
  const start = search.anchored
    ? fits(text, first, search.start)
      ? search.start
      : -1
    : find(text, first, search.start);
  if (start < 0) return undefined;
  let end = start + first.length;
  for (const [index, segment] of rest.entries()) {
    const last = search.greedy && index === rest.length - 1;
    const at = last ? findLast(text, segment, end) : find(text, segment, end);
    if (at < 0) return undefined;
    end = at + segment.length;
  }
  return { start, end };
}

function fits(text: readonly string[], segment: Segment, at: number): boolean {
  if (at + segment.length > text.length) return false;
  for (let index = 0; index < segment.length; index += 1) {
    if (segment[index] !== undefined && segment[index] !== text[at + index]) return false;
  }
  return true;
}

function find(text: readonly string[], segment: Segment, from: number): number {
  for (let at = from; at + segment.length <= text.length; at += 1) if (fits(text, segment, at)) return at;
  return -1;
}

function findLast(text: readonly string[], segment: Segment, from: number): number {
  for (let at = text.length - segment.length; at >= from; at -= 1) if (fits(text, segment, at)) return at;
  return -1;
}
