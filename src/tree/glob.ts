import type { Path } from './node.ts';
import { exactTextOf, textOf } from './path.ts';
import { anyDirectories, anyName, anyPath, choice, inName, literal, oneOf, Pattern, type Steps } from './pattern.ts';
import { leadsTo, type Selection } from './selection.ts';

/** A pattern of paths from the root, however its user wrote it: `/etc/*`, `./etc/*` and `etc/*` are one. Two stars are as good as more. */
function anchored(glob: string): string {
  const [mark, pattern] = glob.startsWith('!') ? ['!', glob.slice(1)] : ['', glob];
  const rooted = pattern.replace(/^(\.?\/+)+/, '').replace(/(?<=.)\/+$/, '');
  return mark + rooted.replace(/(^|\/)\*\*(?:\/\*\*)+(?=\/|$)/g, '$1**');
}

/** A set between brackets, `[a-z]`, `[!a]`, `[^a]`; undefined where no bracket ends it, which is then a bracket. */
function setAt(
  characters: readonly string[],
  start: number,
): { readonly steps: Steps; readonly length: number } | undefined {
  const isNegated = characters[start + 1] === '!' || characters[start + 1] === '^';
  const first = start + (isNegated ? 2 : 1);
  const end = characters.indexOf(']', first + 1);
  if (end < 0) return undefined;
  const members = characters.slice(first, end);
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < members.length; ) {
    if (members[at] === '\\' && at + 1 < members.length) at += 1;
    const low = members[at] as string;
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    ranges.push([low, isRange ? (members[at + 2] as string) : low]);
    at += isRange ? 3 : 1;
  }
  const code = (character: string): number => character.codePointAt(0) ?? 0;
  const has = (character: string): boolean =>
    ranges.some(([low, high]) => code(low) <= code(character) && code(character) <= code(high));
  const steps = oneOf(character => inName(character) && has(character) !== isNegated);
  return { steps, length: end + 1 - start };
}

/** Where braces close that have a comma between them: others are themselves, and so are those in a set. */
function choicesIn(characters: readonly string[]): ReadonlySet<number> {
  const open: { readonly at: number; hasComma: boolean }[] = [];
  const found = new Set<number>();
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at];
    const top = open.at(-1);
    if (character === '\\') at += 1;
    else if (character === '[') at += (setAt(characters, at)?.length ?? 1) - 1;
    else if (character === '{') open.push({ at, hasComma: false });
    else if (character === ',' && top !== undefined) top.hasComma = true;
    else if (character === '}' && top !== undefined) {
      open.pop();
      if (top.hasComma) found.add(top.at).add(at);
    }
  }
  return found;
}

/** State: a glob as it is read, from which on alternatives are open. */
class GlobReader {
  readonly #characters: readonly string[];
  readonly #braces: ReadonlySet<number>;
  /** The alternatives of each open brace, those of the whole glob first, which is one. */
  readonly #open: Steps[][][] = [[[]]];

  constructor(glob: string) {
    this.#characters = [...glob];
    this.#braces = choicesIn(this.#characters);
  }

  steps(): Steps {
    for (let at = 0; at < this.#characters.length; ) at += this.#take(at);
    return this.#alternatives().flat(2);
  }

  #alternatives(): Steps[][] {
    return this.#open.at(-1) as Steps[][];
  }

  #add(steps: Steps, length: number): number {
    this.#alternatives().at(-1)?.push(steps);
    return length;
  }

  /** Whether a name may begin, or end, at a place: two stars are a name of their own. */
  #isBorder(at: number, kinds: string): boolean {
    const character = this.#characters[at];
    if (character === undefined || character === '/') return true;
    return kinds.includes(character) && (this.#braces.has(at) || (character === ',' && this.#open.length > 1));
  }

  #take(at: number): number {
    const character = this.#characters[at] as string;
    if (this.#braces.has(at)) return character === '{' ? this.#begin() : this.#end();
    if (character === ',' && this.#open.length > 1) {
      this.#alternatives().push([]);
      return 1;
    }
    if (character === '*') return this.#stars(at);
    if (character === '?') return this.#add(oneOf(inName), 1);
    const set = character === '[' ? setAt(this.#characters, at) : undefined;
    if (set !== undefined) return this.#add(set.steps, set.length);
    const escaped = character === '\\' ? this.#characters[at + 1] : undefined;
    if (escaped !== undefined) return this.#add(literal(escaped), 2);
    // What ends in `/**` is the directory itself as well; after a star, which may be any file, only what is in it.
    const isAfterStar = this.#characters[at - 1] === '*' && this.#characters[at - 2] !== '\\';
    if (character === '/' && !isAfterStar && this.#isDeep(at + 1) && this.#characters[at + 3] !== '/')
      return this.#add(choice([[], [...literal('/'), ...anyPath]]), 3);
    return this.#add(literal(character), 1);
  }

  #begin(): number {
    this.#open.push([[]]);
    return 1;
  }

  #end(): number {
    const alternatives = this.#open.pop() ?? [];
    return this.#add(choice(alternatives.map(steps => steps.flat())), 1);
  }

  /** Whether two stars are a whole name. */
  #isDeep(at: number): boolean {
    const isPair = this.#characters[at] === '*' && this.#characters[at + 1] === '*';
    return isPair && this.#isBorder(at - 1, '{,') && this.#isBorder(at + 2, '},');
  }

  #stars(at: number): number {
    if (!this.#isDeep(at)) return this.#add(anyName, 1);
    return this.#characters[at + 2] === '/' ? this.#add(anyDirectories, 3) : this.#add(anyPath, 2);
  }
}

/** Whether text, or a directory above it, is what a glob says; with `!` before it, is not. */
function isMatchOf(glob: string): (text: string) => boolean {
  const isNegated = glob.startsWith('!');
  const pattern = new Pattern(new GlobReader(isNegated ? glob.slice(1) : glob).steps());
  if (!isNegated) return text => pattern.matches(text, () => true);
  return text => {
    let count = 0;
    const isWhole = pattern.matches(text, () => {
      count += 1;
      return false;
    });
    // Not all of the directories above are what it says.
    return !isWhole || count < text.split('/').length - 1;
  };
}

/**
 * Whether a path, or a directory above it, matches one of these globs (`*`, `**`, `?`, `[…]`, `{a,b}`, `\` before what is itself;
 * names that begin with a dot match too). Globs are anchored at the root, with or without a slash; `/` is everything. The work is
 * bounded by the lengths of path and globs together.
 */
export function matcher(globs: readonly string[]): (path: Path) => boolean {
  const patterns = globs.map(anchored);
  if (patterns.includes('')) return () => true;
  const matches = patterns.map(isMatchOf);
  return path => {
    const text = exactTextOf(path) ?? textOf(path);
    return path !== '' && matches.some(isMatch => isMatch(text));
  };
}

/** The paths that `matcher` matches. A directory in which nothing can match leads nowhere. */
export function globSelection(globs: readonly string[]): Selection {
  return { has: matcher(globs), leads: leadsTo(globs.map(anchored)) };
}
