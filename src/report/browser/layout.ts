import { hierarchy, treemap } from 'd3-hierarchy';

/** What a map shows: something of a size, made of parts. */
export interface Item {
  readonly name: string;
  readonly size: number;
  /** Its layer; 0 where several or none made it. */
  readonly layer: number;
  /** What its colour says where that is not its layer. */
  readonly tone?: 'A' | 'C' | 'D';
  /** What more there is to say of it. */
  readonly note?: string;
  /** Its parts, the largest first; undefined where it has none. */
  readonly parts?: () => readonly Item[];
  /** Opens what it is elsewhere on the page. */
  readonly open?: () => void;
}

/** An item, or all that is too small to be drawn (no item), and where it is drawn. */
export interface Box {
  readonly item: Item | undefined;
  /** The items that it lies in, from below the map's own. */
  readonly within: readonly Item[];
  readonly isWhole: boolean;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Cell {
  readonly item: Item | undefined;
  readonly size: number;
  readonly cells?: readonly Cell[];
}

/** Square pixels of what is still drawn, and of what its parts are still drawn of. */
const [least, leastOpen] = [40, 5200];
const levels = 5;
const heading = 19;

function cellOf(item: Item, depth: number, perByte: number): Cell {
  const isOpen = depth === 0 || (depth < levels && item.size * perByte >= leastOpen);
  const parts = isOpen ? (item.parts?.() ?? []) : [];
  if (parts.length === 0) return { item, size: item.size };
  const seen = parts.filter(({ size }) => size * perByte >= least);
  const rest = item.size - seen.reduce((sum, { size }) => sum + size, 0);
  const cells = seen.map(part => cellOf(part, depth + 1, perByte));
  return { item, size: item.size, cells: rest > 0 ? [...cells, { item: undefined, size: rest }] : cells };
}

/** Where the parts of an item are drawn, each behind what it lies in. */
export function layOut(root: Item, width: number, height: number): readonly Box[] {
  const perByte = (width * height) / Math.max(1, root.size);
  const tree = hierarchy(cellOf(root, 0, perByte), cell => cell.cells).sum(cell => (cell.cells ? 0 : cell.size));
  const drawn = treemap<Cell>()
    .size([width, height])
    .paddingInner(2)
    .paddingTop(node => (node.depth > 0 && node.children ? heading : 0))
    .paddingRight(node => (node.depth > 0 ? 2 : 0))
    .paddingBottom(node => (node.depth > 0 ? 2 : 0))
    .paddingLeft(node => (node.depth > 0 ? 2 : 0))
    .round(true)(tree);
  // What is too narrow for its own border is not drawn.
  const boxes = drawn
    .descendants()
    .slice(1)
    .filter(({ x0, x1, y0, y1 }) => x1 - x0 > 1 && y1 - y0 > 1);
  return boxes.map(node => ({
    item: node.data.item,
    within: node
      .ancestors()
      .slice(1, -1)
      .reverse()
      .flatMap(({ data }) => data.item ?? []),
    isWhole: node.children === undefined,
    left: node.x0,
    top: node.y0,
    width: node.x1 - node.x0,
    height: node.y1 - node.y0,
  }));
}
