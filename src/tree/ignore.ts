import packaged from '@balena/dockerignore';
import { usage } from '../errors.ts';
import { exactTextOf, textOf } from './path.ts';
import { leadsTo, type Selection } from './selection.ts';

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

function checkPattern(pattern: string, line: string, subject: string): void {
  try {
    dockerignore({ ignorecase: false }).add([pattern]).ignores(base);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw usage(subject, `expected a .dockerignore pattern, got '${line.trim()}'`);
  }
}

/**
 * What a .dockerignore text leaves: the last pattern that matches a path, or a directory above it, decides; `!` takes
 * back, so that an excluded directory may lead to what is kept. Patterns are anchored at the root and take case as it is.
 *
 * @throws `usage` for a lone `!` and for a pattern that is none (`[`).
 */
export function ignoreSelection(patterns: string, subject = '.dockerignore'): Selection {
  const ignore = dockerignore({ ignorecase: false });
  const exceptions: string[] = [];
  for (const line of patterns.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const pattern = patternOf(line, subject);
    if (pattern === undefined) continue;
    checkPattern(pattern, line, subject);
    ignore.add([pattern]);
    if (pattern.startsWith('!')) exceptions.push(pattern.slice(1 + base.length));
  }
  return {
    has: path => path === '' || !ignore.ignores(base + (exactTextOf(path) ?? textOf(path))),
    leads: leadsTo(exceptions),
  };
}
