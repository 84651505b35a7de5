import type { ByteString, DirectoryNode, Node, Path, Tree } from './node.ts';
import { each, type Parts } from './parts.ts';
import { exactTextOf, joinPath, textOf } from './path.ts';
import { parseWildcard } from './wildcard.ts';

/** Which paths of a tree are looked at, so that a walk stops where nothing is. */
export interface Selection {
  /** Whether a path is part of it. */
  readonly has: (path: Path) => boolean;
  /** Whether something in a directory that is no part of it may be one all the same. */
  readonly leads: (path: Path) => boolean;
  /** What leaves a path out, in words that follow its name; undefined where nothing does. */
  readonly why?: (path: Path) => string | undefined;
}

/** Whether nothing at a path or below it is selected. */
export function isOut(selection: Selection | undefined, path: Path): boolean {
  return selection !== undefined && !selection.has(path) && !selection.leads(path);
}

/** A selection without some paths and all that is below them; of everything where there is none. */
export function without(selection: Selection | undefined, paths: readonly Path[]): Selection | undefined {
  if (paths.length === 0) return selection;
  const isLeft = (path: Path): boolean => paths.some(left => path === left || path.startsWith(`${left}/`));
  return {
    has: path => !isLeft(path) && selection?.has(path) !== false,
    leads: path => !isLeft(path) && selection?.leads(path) !== false,
    why: path => (isLeft(path) ? 'what is written meanwhile is left out' : selection?.why?.(path)),
  };
}

type IsName = (name: string) => boolean;

/** What a name of a pattern is matched by; undefined from where on only the pattern as a whole can tell. */
function stepOf(name: string): IsName | undefined {
  if (name.includes('**') || /[\\[\]{}!]/.test(name)) return undefined;
  return parseWildcard(name, message => new Error(message));
}

/** The steps of a pattern up to the first that stands for more than one name can show. */
function stepsOf(pattern: string): readonly (IsName | undefined)[] {
  const steps: (IsName | undefined)[] = [];
  for (const name of pattern.split('/')) {
    if (name === '' || name === '.') continue;
    const step = name === '..' ? undefined : stepOf(name);
    steps.push(step);
    if (step === undefined) break;
  }
  return steps;
}

function mayMatchBelow(names: readonly string[], steps: readonly (IsName | undefined)[]): boolean {
  for (const [at, name] of names.entries()) {
    const step = steps[at];
    if (step === undefined) return at < steps.length;
    if (!step(name)) return false;
  }
  return steps.length > names.length;
}

/**
 * Whether one of these patterns (`*`, `**`, `?` and more, from the root) may match something below a directory. Says yes where only
 * trying would tell.
 */
export function leadsTo(patterns: readonly string[]): (directory: Path) => boolean {
  const all = patterns.map(stepsOf);
  return directory => {
    const names = directory === '' ? [] : (exactTextOf(directory) ?? textOf(directory)).split('/');
    return all.some(steps => mayMatchBelow(names, steps));
  };
}

/** What of a tree is selected, with the directories that may lead there. What is selected is so with all that is in it. In parts. */
export function* restrict(tree: Tree, selection: Selection): Parts<Tree> {
  const left: { readonly from: DirectoryNode; readonly path: Path; readonly to: Map<ByteString, Node> }[] = [];
  const begin = (from: DirectoryNode, path: Path): DirectoryNode => {
    const to = new Map<ByteString, Node>();
    left.push({ from, path, to });
    return { ...from, children: to };
  };
  const result = selection.has('') ? tree : begin(tree, '');
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { from, path: above, to } = next;
    yield* each(from.children, ([name, child]) => {
      const path = joinPath(above, name);
      if (selection.has(path)) to.set(name, child);
      else if (child.kind === 'directory' && selection.leads(path)) to.set(name, begin(child, path));
    });
  }
  return result;
}

/** What of a tree a walk with a selection would list: each path is asked for by itself. In parts. */
export function* listedBy(tree: Tree, selection: Selection): Parts<Tree> {
  const result = { ...tree, children: new Map<ByteString, Node>() };
  const left: (readonly [from: DirectoryNode, path: Path, to: Map<ByteString, Node>])[] = [[tree, '', result.children]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [from, above, to] = next;
    yield* each(from.children, ([name, child]) => {
      const path = joinPath(above, name);
      if (isOut(selection, path)) return;
      if (child.kind !== 'directory') {
        to.set(name, child);
        return;
      }
      const children = new Map<ByteString, Node>();
      to.set(name, { ...child, children });
      left.push([child, path, children]);
    });
  }
  return result;
}
