import { usage } from '../errors.ts';
import type { Path } from './node.ts';
import { exactTextOf, parentOf, textOf } from './path.ts';
import { anyDirectories, anyName, anyPath, choice, Pattern, type Steps } from './pattern.ts';
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

/** Lines of a text that follow upon one another and do the same: which of them matches makes no difference, so that all are asked at once. */
interface Rule {
  readonly patterns: readonly string[];
  readonly matcher: Pattern;
  /** Whether they take back. */
  readonly isException: boolean;
}

function parsePatterns(patterns: string, subject: string): readonly Rule[] {
  const runs: { readonly isException: boolean; readonly patterns: string[]; readonly steps: Steps[] }[] = [];
  for (const line of patterns.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const { pattern, isException = false } = patternOf(line, subject) ?? {};
    if (pattern === undefined) continue;
    const bad = (): Error => usage(subject, `expected a .dockerignore pattern, got '${line.trim()}'`);
    if (runs.at(-1)?.isException !== isException) runs.push({ isException, patterns: [], steps: [] });
    runs.at(-1)?.patterns.push(pattern);
    runs.at(-1)?.steps.push(wildcardSteps(pattern, bad, starsAt));
  }
  return runs.map(({ isException, patterns, steps }) => ({
    isException,
    patterns,
    matcher: new Pattern(choice(steps)),
  }));
}

const exactText = (path: Path): string => exactTextOf(path) ?? textOf(path);
const exceptionsOf = (rules: readonly Rule[]): readonly string[] =>
  rules.flatMap(({ isException, patterns }) => (isException ? patterns : []));

/**
 * What a .dockerignore text leaves: the last pattern that matches a path, or a directory above it, decides; `!` takes
 * back, so that an excluded directory may lead to what is kept. Patterns are anchored at the root and take case as it is.
 *
 * @throws `usage` for a lone `!` and for a pattern that is none (`[`).
 */
export function ignoreSelection(patterns: string, subject = '.dockerignore'): Selection {
  const rules = parsePatterns(patterns, subject);
  const has = (path: Path): boolean => {
    const text = exactText(path);
    const last = rules.findLast(({ matcher }) => matcher.matches(text, () => true));
    return path === '' || last?.isException !== false;
  };
  return { has, leads: leadsTo(exceptionsOf(rules)) };
}

/** What patterns begin with, up to each of their slashes, and themselves. */
function beginningsOf(patterns: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>(patterns);
  for (const pattern of patterns)
    for (let at = pattern.indexOf('/'); at >= 0; at = pattern.indexOf('/', at + 1)) found.add(pattern.slice(0, at));
  return found;
}

/**
 * Which lines match a path and which leave it out, as BuildKit goes through them: those that match the directory above match, and of the
 * others only those are tried that would change what has been decided so far. So a line that takes back a directory that was not left
 * out takes back nothing in it.
 */
function decided(
  path: Path,
  rules: readonly Rule[],
  above: readonly boolean[],
): { readonly matched: readonly boolean[]; readonly isOut: boolean } {
  const text = exactText(path);
  let isOut = false;
  const matched = rules.map(({ matcher, isException }, at) => {
    const does = above[at] === true || (isException === isOut && matcher.matches(text));
    if (does) isOut = !isException;
    return does;
  });
  return { matched, isOut };
}

/**
 * The same for a build's context, as BuildKit walks it: an excluded directory leads on only where a pattern that takes back begins with
 * its path, letter by letter; below any other nothing is kept.
 *
 * @throws `usage` as `ignoreSelection`.
 */
export function contextSelection(patterns: string, subject = '.dockerignore'): Selection {
  const rules = parsePatterns(patterns, subject);
  const leading = beginningsOf(exceptionsOf(rules));
  const known = new Map<Path, Decided>([['', { matched: [], isOut: false, isClosed: false }]]);
  const directory = (path: Path): Decided => {
    // Downwards, since paths may be long.
    const missing: Path[] = [];
    for (let at = path; !known.has(at); at = parentOf(at)) missing.push(at);
    for (const at of missing.reverse()) {
      const above = known.get(parentOf(at)) as Decided;
      const own = decided(at, rules, above.matched);
      const leads = !own.isOut || leading.has(exactText(at));
      known.set(at, { ...own, isClosed: above.isClosed || !leads });
    }
    return known.get(path) as Decided;
  };
  const has = (path: Path): boolean => {
    if (path === '') return true;
    const above = directory(parentOf(path));
    return !above.isClosed && !decided(path, rules, above.matched).isOut;
  };
  const why: Selection['why'] = path => (has(path) ? undefined : `${subject} leaves it out`);
  return { has, leads: path => !directory(path).isClosed, why };
}

/** What is known of a directory. */
interface Decided {
  readonly matched: readonly boolean[];
  readonly isOut: boolean;
  /** Nothing below it is looked at. */
  readonly isClosed: boolean;
}
