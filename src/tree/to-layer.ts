import { invalid } from '../errors.ts';
import type { Change } from './change.ts';
import { leafEntry } from './leaf-entry.ts';
import { linkGroups } from './links.ts';
import type { ByteString, DirectoryNode, LayerEntry, Node, Path, Tree } from './node.ts';
import { atOnce, each, inOrder, type Parts, partCost, partLength } from './parts.ts';
import { joinPath, nameOf, parentOf, shortTextOf } from './path.ts';
import { isReservedName } from './whiteout.ts';

/** What a layer says about the names of one directory. */
interface Plan {
  readonly hidden: Set<ByteString>;
  readonly written: Set<ByteString>;
}

type Plans = ReadonlyMap<Path, Plan>;

/** Which names each directory needs, all parents of a change included. */
function* plansOf(changes: readonly Change[]): Parts<Plans> {
  const plans = new Map<Path, Plan>();
  const planOf = (directory: Path): Plan => {
    const known = plans.get(directory);
    if (known !== undefined) return known;
    const plan: Plan = { hidden: new Set(), written: new Set() };
    plans.set(directory, plan);
    return plan;
  };
  yield* each(changes, ({ kind, path }) => {
    if (path === '') return;
    const plan = planOf(parentOf(path));
    (kind === 'delete' ? plan.hidden : plan.written).add(nameOf(path));
    let directory = parentOf(path);
    while (directory !== '') {
      const { written } = planOf(parentOf(directory));
      if (written.has(nameOf(directory))) break;
      written.add(nameOf(directory));
      directory = parentOf(directory);
    }
  });
  return plans;
}

interface Level {
  readonly path: Path;
  readonly directory: DirectoryNode;
  readonly names: readonly ByteString[];
  next: number;
}

/** Directory by directory, depth first: first what is hidden in it, then what is written. */
function* entriesOf(plans: Plans, after: Tree, isRootChanged: boolean): Parts<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const firstNames = new Map<Node, Path>();
  const levels: Level[] = [];
  function* enter(path: Path, directory: DirectoryNode): Parts<void> {
    const plan = plans.get(path);
    if (plan === undefined) return;
    yield* each(yield* inOrder(plan.hidden), name => {
      if (directory.children.has(name)) throw new Error(`toLayer: a deleted path is there: ${joinPath(path, name)}`);
      entries.push({ kind: 'whiteout', path: joinPath(path, name) });
    });
    levels.push({ path, directory, names: yield* inOrder(plan.written), next: 0 });
  }
  if (isRootChanged) entries.push(entryOf('', after, firstNames));
  yield* enter('', after);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names[level.next++];
    if (name === undefined) {
      levels.pop();
      continue;
    }
    const path = joinPath(level.path, name);
    const node = level.directory.children.get(name);
    entries.push(entryOf(path, node, firstNames));
    if (entries.length % partLength === 0) yield partCost;
    if (node?.kind === 'directory') yield* enter(path, node);
    else if (plans.has(path)) throw new Error(`toLayer: a change under what is no directory: ${path}`);
  }
  return entries;
}

function entryOf(path: Path, node: Node | undefined, firstNames: Map<Node, Path>): LayerEntry {
  if (node === undefined) throw new Error(`toLayer: a changed path is not there: ${path}`);
  if (isReservedName(nameOf(path))) {
    throw invalid(
      `/${shortTextOf(path)}`,
      'a name that layers do not keep for whiteouts',
      `'${shortTextOf(nameOf(path))}'`,
    );
  }
  if (node.kind === 'directory') {
    return { kind: 'node', path, node: { kind: 'directory', meta: node.meta, children: new Map() } };
  }
  return leafEntry(path, node, firstNames);
}

/** A file of several names is in a layer with all of them or with none: readers cannot link to what is below. */
function* checkLinks(plans: Plans, after: Tree): Parts<void> {
  const isWritten = (path: Path): boolean => plans.get(parentOf(path))?.written.has(nameOf(path)) === true;
  for (const { paths } of (yield* linkGroups(after)).values()) {
    let missing: Path | undefined;
    let some = false;
    yield* each(paths, path => {
      if (isWritten(path)) some = true;
      else missing ??= path;
    });
    if (some && missing !== undefined)
      throw new Error(`toLayer: one name of a changed file is not among the changes: ${missing}`);
  }
}

/**
 * The layer that makes `after` of the tree that it was compared with: for every engine alike (image-spec layer.md).
 * Entries come depth first by bytes; every directory on the way once, with its attributes, before what is in it;
 * whiteouts before their siblings, never beside an entry of their name; hardlinks after their targets. An entry for the
 * root, the first one, only where its own attributes changed. An entry's file is the tree's own node, so that its body can be found; the host's extended attributes are left out
 * where a header is written.
 *
 * @throws `invalid` where a name is one that layers keep for whiteouts; a plain Error where `changes` are not those of a `diff` to `after`.
 */
export function toLayer(changes: readonly Change[], after: Tree): LayerEntry[] {
  return atOnce(toLayerInParts(changes, after));
}

/** The same in parts. */
export function* toLayerInParts(changes: readonly Change[], after: Tree): Parts<LayerEntry[]> {
  const plans = yield* plansOf(changes);
  yield* checkLinks(plans, after);
  return yield* entriesOf(
    plans,
    after,
    changes.some(({ path }) => path === ''),
  );
}
