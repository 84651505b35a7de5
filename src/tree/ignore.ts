import packaged from '@balena/dockerignore';
import { usage } from '../errors.ts';
import type { Path } from './node.ts';
import { exactTextOf, parentOf, textOf } from './path.ts';
import { leadsTo, type Selection } from './selection.ts';
import { parseWildcard } from './wildcard.ts';

const dockerignore = packaged.default;

/**
 * The package keeps verdicts in a plain object and cleans patterns as paths, so everything lives in a directory: no name
 * of Object.prototype is a key, and `..` cannot reach what is matched.
 */
const base = 'root/';

/** Characters that the package would take for a regular expression's; in a pattern they are themselves. */
function escapeLiterals(pattern: string): string {
  return pattern.replace(/\\.|\[(?:\\.|[^\]\\])*\]|[+(){}|^]/gs, part => (part.length === 1 ? `\\${part}` : part));
}

/** A line as the package takes it, or undefined for one that matches nothing. */
function patternOf(line: string, subject: string): string | undefined {
  const trimmed = line.trim();
  if (line.startsWith('#') || trimmed === '') return undefined;
  const isException = trimmed.startsWith('!');
  const pattern = (isException ? trimmed.slice(1).trim() : trimmed).replace(/^\/+/, '');
  if (trimmed === '!') throw usage(subject, "expected a pattern after '!', got nothing");
  if (pattern.split('/').every(name => name === '' || name === '.')) return undefined;
  return `${isException ? '!' : ''}${base}${escapeLiterals(pattern)}`;
}

/** What Go takes for no pattern is refused, and what the package cannot make a regular expression of. */
function checkPattern(pattern: string, line: string, subject: string): void {
  const bad = (): Error => usage(subject, `expected a .dockerignore pattern, got '${line.trim()}'`);
  parseWildcard(line.trim().replace(/^!\s*/, ''), bad);
  try {
    dockerignore({ ignorecase: false }).add([pattern]).ignores(base);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw bad();
  }
}

/** The patterns of a text: whether they leave a path out, and what those match that take paths back. */
function parsePatterns(
  patterns: string,
  subject: string,
): { readonly ignores: (path: Path) => boolean; readonly exceptions: readonly string[] } {
  const ignore = dockerignore({ ignorecase: false });
  const exceptions: string[] = [];
  for (const line of patterns.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const pattern = patternOf(line, subject);
    if (pattern === undefined) continue;
    checkPattern(pattern, line, subject);
    ignore.add([pattern]);
    if (pattern.startsWith('!')) exceptions.push(pattern.slice(1 + base.length));
  }
  return { ignores: path => path !== '' && ignore.ignores(base + (exactTextOf(path) ?? textOf(path))), exceptions };
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
