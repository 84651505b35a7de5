import { usage } from '../errors.ts';
import type { Path } from './node.ts';
import { exactTextOf, parentOf, textOf } from './path.ts';
import { anyDirectories, anyName, anyPath, Pattern, type Steps } from './pattern.ts';
import { leadsTo, type Selection } from './selection.ts';
import { wildcardSteps } from './wildcard.ts';

/** A pattern as Go's filepath.Clean leaves it; undefined for one that names nothing below the root. */
function cleaned(pattern: string): string | undefined {
  const names: string[] = [];
  for (const name of pattern.split('/')) {
    if (name === '..' && names.pop() === undefined) return undefined;
    if (name !== '' && name !== '.' && name !== '..') names.push(name);
  }
  return names.length === 0 ? undefined : names.join('/');
}

/** A line's pattern, and whether it takes back; undefined where it matches nothing. */
function patternOf(
  line: string,
  subject: string,
): { readonly pattern: string; readonly isException: boolean } | undefined {
  const trimmed = line.trim();
  if (line.startsWith('#') || trimmed === '') return undefined;
  const isException = trimmed.startsWith('!');
  if (trimmed === '!') throw usage(subject, "expected a pattern after '!', got nothing");
  const text = isException ? trimmed.slice(1).trim() : trimmed;
  if (isException && /^\/+$/.test(text)) throw usage(subject, `expected a pattern after '!', got '${text}'`);
  const pattern = cleaned(text);
  return pattern === undefined ? undefined : { pattern, isException };
}

/**
 * Two stars are any directories, none among them, with the slash after them; at the end of a pattern everything, and so at its
 * beginning, where nothing but letters follows: `**.log` is whatever ends so, in any directory.
 */
function starsAt(characters: readonly string[], at: number): { readonly steps: Steps; readonly length: number } {
  if (characters[at + 1] !== '*') return { steps: anyName, length: 1 };
  const length = characters[at + 2] === '/' ? 3 : 2;
  const isEnding = at === 0 && length === 2 && !/[*?[\]\\]/.test(characters.slice(2).join(''));
  return { steps: isEnding || at + length === characters.length ? anyPath : anyDirectories, length };
}

/** Whether a pattern matches a path or, as docker looks there, a directory above it. */
function isMatchOf(pattern: string, bad: () => Error): (text: string) => boolean {
  const matcher = new Pattern(wildcardSteps(pattern, bad, starsAt));
  return text => matcher.matches(text, () => true);
}

/** The patterns of a text: whether they leave a path out, and what those match that take paths back. */
function parsePatterns(
  patterns: string,
  subject: string,
): { readonly ignores: (path: Path) => boolean; readonly exceptions: readonly string[] } {
  const rules: { readonly isMatch: (text: string) => boolean; readonly isException: boolean }[] = [];
  const exceptions: string[] = [];
  for (const line of patterns.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const { pattern, isException = false } = patternOf(line, subject) ?? {};
    if (pattern === undefined) continue;
    const bad = (): Error => usage(subject, `expected a .dockerignore pattern, got '${line.trim()}'`);
    rules.push({ isMatch: isMatchOf(pattern, bad), isException });
    if (isException) exceptions.push(pattern);
  }
  const ignores = (path: Path): boolean => {
    const text = exactTextOf(path) ?? textOf(path);
    return path !== '' && rules.findLast(({ isMatch }) => isMatch(text))?.isException === false;
  };
  return { ignores, exceptions };
}

/**
 * What a .dockerignore text leaves: the last pattern that matches a path, or a directory above it, decides; `!` takes
 * back, so that an excluded directory may lead to what is kept. Patterns are anchored at the root and take case as it is.
 *
 * @throws `usage` for a lone `!` and for a pattern that is none (`[`).
 */
export function ignoreSelection(patterns: string, subject = '.dockerignore'): Selection {
  const { ignores, exceptions } = parsePatterns(patterns, subject);
  return { has: path => !ignores(path), leads: leadsTo(exceptions) };
}

/**
 * The same for a build's context, as BuildKit walks it: an excluded directory leads on only where a pattern that takes back begins with
 * its path, letter by letter; below any other nothing is kept.
 *
 * @throws `usage` as `ignoreSelection`.
 */
export function contextSelection(patterns: string, subject = '.dockerignore'): Selection {
  const { ignores, exceptions } = parsePatterns(patterns, subject);
  const closed = new Map<Path, boolean>();
  const isClosed = (directory: Path): boolean => {
    if (directory === '') return false;
    const known = closed.get(directory);
    if (known !== undefined) return known;
    const text = `${exactTextOf(directory) ?? textOf(directory)}/`;
    const leads = !ignores(directory) || exceptions.some(exception => `${exception}/`.startsWith(text));
    const answer = isClosed(parentOf(directory)) || !leads;
    closed.set(directory, answer);
    return answer;
  };
  return { has: path => !ignores(path) && !isClosed(parentOf(path)), leads: path => !isClosed(path) };
}
