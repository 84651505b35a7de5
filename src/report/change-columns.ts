import type { Change, Reason } from '../tree/change.ts';
import type { Leaf, Node, Path, Tree } from '../tree/node.ts';
import { each, type Parts } from '../tree/parts.ts';
import { nameOf, parentOf, textOf } from '../tree/path.ts';
import { eachNode } from '../tree/walk.ts';
import { RunColumn, ValueTable } from './columns.ts';
import { nodeType } from './file-columns.ts';
import type { ChangeColumns, NodeType } from './page-data.ts';

/** Bytes at the paths that differ, each file at the first of its names; what a directory that is gone held is the directory's. */
function* bytesAt(tree: Tree, wholes: ReadonlySet<Path> = new Set()): Parts<ReadonlyMap<Path, number>> {
  const bytes = new Map<Path, number>();
  const seen = new Set<Leaf>();
  let whole: Path | undefined;
  yield* eachNode(tree, (path, node) => {
    if (whole !== undefined && !path.startsWith(`${whole}/`)) whole = undefined;
    if (whole === undefined && wholes.has(path)) whole = path;
    if (node.kind !== 'file' || seen.has(node)) return;
    seen.add(node);
    const at = whole ?? path;
    bytes.set(at, (bytes.get(at) ?? 0) + node.size);
  });
  return bytes;
}

/** A reason in words: what it was, and what it is. */
function reasonText({ aspect, before, after }: Reason): string {
  if (aspect === 'content') return 'contents';
  return `${aspect} ${before || '–'} → ${after || '–'}`;
}

/** Sizes stand in columns of their own. */
const reasonsText = (reasons: readonly Reason[]): string =>
  reasons.map(reason => (reason.aspect === 'size' ? 'contents' : reasonText(reason))).join(', ');

interface Sides {
  readonly before: ReadonlyMap<Path, number>;
  readonly after: ReadonlyMap<Path, number>;
}

const beforeOf = (change: Change): Node | undefined => (change.kind === 'add' ? undefined : change.before);
const afterOf = (change: Change): Node | undefined => (change.kind === 'delete' ? undefined : change.after);

/** Whether what was below a path has no change of its own: the directory is none any more. */
const isGoneDirectory = (change: Change): boolean =>
  beforeOf(change)?.kind === 'directory' && afterOf(change)?.kind !== 'directory';

/** The columns as they grow. State: all rows so far. */
class ChangeRows {
  readonly #names: string[] = [];
  readonly #children = new RunColumn();
  readonly #letter = new RunColumn();
  readonly #types = new ValueTable<NodeType>();
  readonly #type = new RunColumn();
  readonly #before: number[] = [];
  readonly #after: number[] = [];
  readonly #reasons = new ValueTable<string>();
  readonly #reason = new RunColumn();

  constructor() {
    this.#reasons.indexOf('', '');
  }

  add(change: Change, children: number, sides: Sides): void {
    const { kind, path, reasons } = change;
    if (path !== '') this.#names.push(textOf(nameOf(path)));
    this.#children.add(children);
    const isOnTheWay = kind === 'modify' && reasons.length === 0;
    this.#letter.add(isOnTheWay ? 0 : { add: 1, modify: 2, delete: 3 }[kind]);
    const type = nodeType((afterOf(change) ?? beforeOf(change)) as Node);
    this.#type.add(this.#types.indexOf(type, type));
    this.#before.push(sides.before.get(path) ?? 0);
    this.#after.push(sides.after.get(path) ?? 0);
    const text = reasonsText(reasons);
    this.#reason.add(this.#reasons.indexOf(text, text));
  }

  columns(): ChangeColumns {
    return {
      names: this.#names.join('/'),
      children: this.#children.runs,
      letter: this.#letter.runs,
      types: this.#types.values,
      type: this.#type.runs,
      before: this.#before,
      after: this.#after,
      reasons: this.#reasons.values,
      reason: this.#reason.runs,
    };
  }
}

/** Changes in the order of a walk, the root's first: paths sort by bytes, where `a.b` comes before `a/b`, walks by names. */
function inWalkOrder(changes: readonly Change[]): readonly Change[] {
  const key = ({ path }: Change): string => path.replaceAll('/', '\0');
  return [...changes].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

/** What differs between two trees as the columns of a page, with the row of each path. */
export function* changeColumns(
  [before, after]: readonly [Tree, Tree],
  listed: readonly Change[],
): Parts<{ readonly columns: ChangeColumns; readonly rows: ReadonlyMap<Path, number> }> {
  const root: Change = { kind: 'modify', path: '', before, after, reasons: [] };
  const changes = inWalkOrder(listed[0]?.path === '' ? listed : [root, ...listed]);
  const [children, gone] = [new Map<Path, number>(), new Set<Path>()];
  yield* each(changes, change => {
    const { path } = change;
    if (path !== '') children.set(parentOf(path), (children.get(parentOf(path)) ?? 0) + 1);
    if (isGoneDirectory(change)) gone.add(path);
  });
  const sides = { before: yield* bytesAt(before, gone), after: yield* bytesAt(after) };
  const columns = new ChangeRows();
  const rows = new Map<Path, number>();
  yield* each(changes, change => {
    rows.set(change.path, rows.size);
    columns.add(change, children.get(change.path) ?? 0, sides);
  });
  return { columns: columns.columns(), rows };
}
