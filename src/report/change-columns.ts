import type { Change, Reason } from '../tree/change.ts';
import { afterOf, beforeOf, type ChangeBytes, changeBytes } from '../tree/change-bytes.ts';
import type { Node, Path, Tree } from '../tree/node.ts';
import { each, inOrder, type Parts } from '../tree/parts.ts';
import { nameOf, parentOf, textOf } from '../tree/path.ts';
import { RunColumn, ValueTable } from './columns.ts';
import { nodeType } from './file-columns.ts';
import type { ChangeColumns, NodeType } from './page-data.ts';

/** A reason in words: what it was, and what it is. */
function reasonText({ aspect, before, after }: Reason): string {
  if (aspect === 'content') return 'contents';
  return `${aspect} ${before || '–'} → ${after || '–'}`;
}

/** Sizes stand in columns of their own. */
const reasonsText = (reasons: readonly Reason[]): string =>
  reasons.map(reason => (reason.aspect === 'size' ? 'contents' : reasonText(reason))).join(', ');

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

  add(change: Change, children: number, sides: ChangeBytes): void {
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
function* inWalkOrder(changes: readonly Change[]): Parts<readonly Change[]> {
  const byKey = new Map<string, Change>();
  yield* each(changes, change => void byKey.set(change.path.replaceAll('/', '\0'), change));
  return (yield* inOrder(byKey.keys())).map(key => byKey.get(key) as Change);
}

/** What differs between two trees as the columns of a page, with the row of each path. */
export function* changeColumns(
  [before, after]: readonly [Tree, Tree],
  listed: readonly Change[],
): Parts<{ readonly columns: ChangeColumns; readonly rows: ReadonlyMap<Path, number> }> {
  const root: Change = { kind: 'modify', path: '', before, after, reasons: [] };
  const changes = yield* inWalkOrder(listed[0]?.path === '' ? listed : [root, ...listed]);
  const children = new Map<Path, number>();
  yield* each(changes, ({ path }) => {
    if (path !== '') children.set(parentOf(path), (children.get(parentOf(path)) ?? 0) + 1);
  });
  const sides = yield* changeBytes([before, after], changes);
  const columns = new ChangeRows();
  const rows = new Map<Path, number>();
  yield* each(changes, change => {
    rows.set(change.path, rows.size);
    columns.add(change, children.get(change.path) ?? 0, sides);
  });
  return { columns: columns.columns(), rows };
}
