import type { Leaf, Node, Path, Tree } from '../tree/node.ts';
import type { Parts } from '../tree/parts.ts';
import { nameOf, textOf } from '../tree/path.ts';
import { secondsOf } from '../tree/time.ts';
import { RunColumn, ValueTable } from './columns.ts';
import type { Attributes, FileColumns, NodeType } from './page-data.ts';

/** What there is to know of files beside their tree. */
interface Surroundings {
  /** Visits all but the root in the order of a walk, each with the layer that made it so. */
  readonly eachFile: (visit: (path: Path, node: Node, layer: number) => void) => Parts<void>;
  /** The number of the package that a file belongs to, from 1; 0 for none. */
  readonly ownerOf: (node: Leaf) => number;
}

/** The kind of a node in a word or two. */
export const nodeType = (node: Node): NodeType => (node.kind === 'device' ? `${node.type} device` : node.kind);

/** The columns as they grow. State: all rows so far. */
class FileRows {
  readonly #names: string[] = [];
  readonly #children = new RunColumn();
  readonly #attributes = new ValueTable<Attributes>();
  readonly #attribute = new RunColumn();
  readonly #layer = new RunColumn();
  readonly #package = new RunColumn();
  readonly #times = new ValueTable<number>();
  readonly #time = new RunColumn();
  readonly #sizes: number[] = [];
  readonly #targets: string[] = [];
  readonly #links: [number, number][] = [];
  readonly #rows = new Map<Leaf, number>();

  add(node: Node, layer: number, owner: number): void {
    const { mode, uid, gid, mtime } = node.meta;
    const type = nodeType(node);
    this.#attribute.add(this.#attributes.indexOf(`${type} ${mode} ${uid} ${gid}`, [type, mode, uid, gid]));
    const seconds = Number(secondsOf(mtime));
    this.#time.add(this.#times.indexOf(`${seconds}`, seconds));
    this.#children.add(node.kind === 'directory' ? node.children.size : 0);
    this.#layer.add(layer);
    this.#package.add(owner);
  }

  addNamed(path: Path, node: Node): void {
    this.#names.push(textOf(nameOf(path)));
    if (node.kind === 'symlink') this.#targets.push(textOf(node.target));
    if (node.kind === 'directory') return;
    const first = this.#rows.get(node);
    if (first === undefined) this.#rows.set(node, this.#names.length);
    else this.#links.push([this.#names.length, first]);
    if (node.kind === 'file') this.#sizes.push(first === undefined ? node.size : 0);
  }

  columns(): FileColumns {
    return {
      names: this.#names.join('/'),
      children: this.#children.runs,
      attributes: this.#attributes.values,
      attribute: this.#attribute.runs,
      layer: this.#layer.runs,
      package: this.#package.runs,
      times: this.#times.values,
      time: this.#time.runs,
      sizes: this.#sizes,
      targets: this.#targets,
      links: this.#links,
    };
  }
}

/** The files of a tree as the columns of a page. */
export function* fileColumns(tree: Tree, { eachFile, ownerOf }: Surroundings): Parts<FileColumns> {
  const rows = new FileRows();
  rows.add(tree, 0, 0);
  yield* eachFile((path, node, layer) => {
    rows.add(node, layer, node.kind === 'directory' ? 0 : ownerOf(node));
    rows.addNamed(path, node);
  });
  return rows.columns();
}
