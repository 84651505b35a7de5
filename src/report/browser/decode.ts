import type { FileColumns, Runs, TreeColumns } from '../page-data.ts';

/** A tree whose nodes are numbers in the order of a walk: the root is 0, and all below a node stands right behind it. */
export interface Shape {
  readonly count: number;
  readonly names: readonly string[];
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** The first node that is not below. */
  readonly end: Int32Array;
}

/** A column with a value a row. */
export function column(runs: Runs, length: number): Int32Array {
  const values = new Int32Array(length);
  let row = 0;
  for (let at = 0; at < runs.length; at += 2) {
    const next = row + (runs[at + 1] ?? 0);
    values.fill(runs[at] ?? 0, row, next);
    row = next;
  }
  return values;
}

export function shapeOf(columns: TreeColumns): Shape {
  const names = ['', ...(columns.names === '' ? [] : columns.names.split('/'))];
  const length = names.length;
  const children = column(columns.children, length);
  const [parent, depth, end] = [new Int32Array(length), new Int32Array(length), new Int32Array(length)];
  const open: number[] = [];
  const left = children.slice();
  for (let node = 0; node < length; node++) {
    for (let top = open.at(-1); top !== undefined && left[top] === 0; top = open.at(-1)) end[open.pop() ?? 0] = node;
    const above = open.at(-1) ?? -1;
    if (above >= 0) left[above] = (left[above] ?? 0) - 1;
    parent[node] = above;
    depth[node] = open.length;
    end[node] = node + 1;
    if ((children[node] ?? 0) > 0) open.push(node);
  }
  for (const node of open) end[node] = length;
  return { count: length, names, parent, depth, end };
}

/** The nodes right below one. */
export function childrenOf({ end }: Shape, node: number): readonly number[] {
  const found: number[] = [];
  for (let at = node + 1; at < (end[node] ?? 0); at = end[at] ?? at + 1) found.push(at);
  return found;
}

/** Where a node lies. */
export function pathOf({ names, parent }: Shape, node: number): string {
  const parts: string[] = [];
  for (let at = node; at > 0; at = parent[at] ?? 0) parts.push(names[at] ?? '');
  return `/${parts.reverse().join('/')}`;
}

/** For each node what it and all below come to. */
export function totalsOf({ count, parent }: Shape, own: (node: number) => number): Float64Array {
  const totals = new Float64Array(count);
  for (let node = count - 1; node >= 0; node--) {
    const total = (totals[node] ?? 0) + own(node);
    totals[node] = total;
    const above = parent[node] ?? -1;
    if (above >= 0) totals[above] = (totals[above] ?? 0) + total;
  }
  return totals;
}

/** The files of an image, a value a node. */
export interface Files {
  readonly shape: Shape;
  readonly columns: FileColumns;
  readonly attribute: Int32Array;
  readonly layer: Int32Array;
  readonly package: Int32Array;
  readonly time: Int32Array;
  /** Bytes of each itself, and with all below. */
  readonly size: Float64Array;
  readonly total: Float64Array;
  readonly targets: ReadonlyMap<number, string>;
  /** Of a further name of a file, the first. */
  readonly first: ReadonlyMap<number, number>;
}

export function filesOf(columns: FileColumns): Files {
  const shape = shapeOf(columns);
  const read = (runs: Runs): Int32Array => column(runs, shape.count);
  const attribute = read(columns.attribute);
  const size = new Float64Array(shape.count);
  const targets = new Map<number, string>();
  let [files, links] = [0, 0];
  for (let node = 0; node < shape.count; node++) {
    const [type] = columns.attributes[attribute[node] ?? 0] ?? [];
    if (type === 'file') size[node] = columns.sizes[files++] ?? 0;
    else if (type === 'symlink') targets.set(node, columns.targets[links++] ?? '');
  }
  return {
    ...{ shape, columns, attribute, size, targets },
    layer: read(columns.layer),
    package: read(columns.package),
    time: read(columns.time),
    total: totalsOf(shape, node => size[node] ?? 0),
    first: new Map(columns.links),
  };
}
