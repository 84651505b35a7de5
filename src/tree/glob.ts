import picomatch from 'picomatch';
import type { Path } from './node.ts';
import { exactTextOf, parentOf, textOf } from './path.ts';
import { leadsTo, type Selection } from './selection.ts';

/** A pattern of paths from the root, however its user wrote it: `/etc/*`, `./etc/*` and `etc/*` are one. */
function anchored(glob: string): string {
  const [mark, pattern] = glob.startsWith('!') ? ['!', glob.slice(1)] : ['', glob];
  return mark + pattern.replace(/^(\.?\/+)+/, '').replace(/(?<=.)\/+$/, '');
}

/**
 * Whether a path, or a directory above it, matches one of these globs (`*`, `**`, `?`, `[…]`, `{a,b}`; names that begin
 * with a dot match too). Globs are anchored at the root, with or without a slash; `/` is everything.
 */
export function matcher(globs: readonly string[]): (path: Path) => boolean {
  const patterns = globs.map(anchored);
  if (patterns.includes('')) return () => true;
  // Only what is documented means something: a plus after brackets would repeat what repeats already, for ever.
  const matches = picomatch(patterns, { dot: true, regex: false });
  const known = new Map<Path, boolean>([['', false]]);
  const isMatch = (path: Path): boolean => path !== '' && matches(exactTextOf(path) ?? textOf(path));
  return path => {
    const above: Path[] = [];
    let at = parentOf(path);
    for (; !known.has(at); at = parentOf(at)) above.push(at);
    let result = known.get(at) === true;
    for (let next = above.pop(); next !== undefined; next = above.pop()) {
      result ||= isMatch(next);
      known.set(next, result);
    }
    return result || isMatch(path);
  };
}

/** The paths that `matcher` matches. A directory in which nothing can match leads nowhere. */
export function globSelection(globs: readonly string[]): Selection {
  return { has: matcher(globs), leads: leadsTo(globs.map(anchored)) };
}
