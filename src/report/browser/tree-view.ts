import { childrenOf, type Shape } from './decode.ts';
import { type Child, el, fill } from './dom.ts';

const rowHeight = 26;
/** Rows that are made above and below those that can be seen. */
const margin = 8;

interface TreeOptions {
  readonly label: string;
  readonly shape: Shape;
  readonly isDirectory: (node: number) => boolean;
  /** What stands behind a name. */
  readonly cells: (node: number) => readonly Child[];
  readonly selected: (node: number) => void;
  /** What the root is called. */
  readonly root?: string;
}

/**
 * A tree of any size: only the rows that can be seen are elements, the keys are those of ARIA's tree pattern. State: which
 * directories are open, which nodes are left by a search, the order, the selected node.
 */
export class TreeView {
  readonly element: HTMLElement;
  readonly #options: TreeOptions;
  readonly #rows = el('div', { class: 'tree-rows', role: 'presentation' });
  readonly #open = new Set<number>([0]);
  #kept: Uint8Array | undefined;
  #weight: ((node: number) => number) | undefined;
  #list: readonly number[] = [];
  #at = 0;
  #typed = '';

  constructor(options: TreeOptions) {
    this.#options = options;
    const attributes = { class: 'tree', role: 'tree', tabindex: 0, 'aria-label': options.label };
    this.element = el('div', attributes, this.#rows);
    this.element.addEventListener('scroll', () => this.#draw());
    this.element.addEventListener('keydown', event => this.#pressed(event));
    this.#rows.addEventListener('click', event => this.#clicked(event));
    new ResizeObserver(() => this.#draw()).observe(this.element);
    this.update();
  }

  /** Shows only these nodes and what they lie in, all open; all nodes, as they were open, for undefined. */
  keep(kept: Uint8Array | undefined): void {
    this.#kept = kept;
    this.#at = 0;
    this.element.scrollTop = 0;
    this.update();
  }

  /** Sorts what is in each directory by a weight, the heaviest first; by name for undefined. */
  sortBy(weight: ((node: number) => number) | undefined): void {
    this.#weight = weight;
    this.update();
  }

  /** Opens all that a node lies in and selects it. */
  reveal(node: number): void {
    const { parent } = this.#options.shape;
    for (let above = parent[node] ?? -1; above >= 0; above = parent[above] ?? -1) this.#open.add(above);
    this.update();
    this.#select(Math.max(0, this.#list.indexOf(node)));
  }

  /** How many rows there are to see. */
  get length(): number {
    return this.#list.length;
  }

  /** Lists the rows anew. */
  update(): void {
    const node = this.#list[this.#at];
    const list: number[] = [];
    const { shape } = this.#options;
    const ahead = [0];
    for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
      if (this.#kept !== undefined && this.#kept[next] !== 1) continue;
      list.push(next);
      if (this.#isOpen(next)) for (const one of this.#ordered(childrenOf(shape, next)).toReversed()) ahead.push(one);
    }
    this.#list = list;
    this.#at = node === undefined ? 0 : Math.max(0, list.indexOf(node));
    this.#rows.style.height = `${list.length * rowHeight}px`;
    this.#draw();
  }

  #ordered(nodes: readonly number[]): readonly number[] {
    const weight = this.#weight;
    return weight === undefined ? nodes : [...nodes].sort((one, other) => weight(other) - weight(one));
  }

  #isOpen(node: number): boolean {
    return this.#kept === undefined ? this.#open.has(node) : !this.#open.has(-1 - node);
  }

  #toggle(node: number): void {
    // While a search keeps all open, what is closed is marked so by itself.
    const mark = this.#kept === undefined ? node : -1 - node;
    if (this.#open.has(mark)) this.#open.delete(mark);
    else this.#open.add(mark);
    this.update();
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - margin);
    const last = Math.min(this.#list.length, Math.ceil((scrollTop + clientHeight) / rowHeight) + margin);
    const rows = this.#list.slice(first, last).map((node, at) => this.#rowOf(node, first + at));
    fill(this.#rows, rows);
    const here = this.#list[this.#at];
    if (here === undefined || this.#at < first || this.#at >= last)
      this.element.removeAttribute('aria-activedescendant');
    else this.element.setAttribute('aria-activedescendant', `${this.#options.label}-${here}`);
  }

  #rowOf(node: number, at: number): HTMLElement {
    const { shape, isDirectory, cells, label, root = '/' } = this.#options;
    const isOpenable = isDirectory(node) && (shape.end[node] ?? 0) > node + 1;
    const depth = shape.depth[node] ?? 0;
    const name = node === 0 ? root : `${shape.names[node]}${isDirectory(node) ? '/' : ''}`;
    const attributes = {
      ...{ role: 'treeitem', class: isDirectory(node) ? 'row directory' : 'row', id: `${label}-${node}` },
      ...{ 'aria-level': depth + 1, 'aria-selected': at === this.#at ? 'true' : 'false', 'data-at': at },
      'aria-expanded': isOpenable ? (this.#isOpen(node) ? 'true' : 'false') : undefined,
    };
    const start = el('span', { class: 'name' }, el('span', { class: 'twist', 'aria-hidden': 'true' }), name);
    start.style.paddingLeft = `${depth * 16}px`;
    const row = el('div', attributes, start, ...cells(node));
    row.style.top = `${at * rowHeight}px`;
    return row;
  }

  #clicked(event: Event): void {
    const row = event.target instanceof Element ? event.target.closest('[data-at]') : null;
    if (row === null) return;
    const at = Number(row.getAttribute('data-at'));
    const node = this.#list[at] ?? 0;
    this.#select(at);
    if (row.hasAttribute('aria-expanded')) this.#toggle(node);
  }

  #select(at: number): void {
    this.#at = Math.min(this.#list.length - 1, Math.max(0, at));
    const [top, bottom] = [this.#at * rowHeight, (this.#at + 1) * rowHeight];
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.element.scrollTop = bottom - clientHeight;
    this.#draw();
    const node = this.#list[this.#at];
    if (node !== undefined) this.#options.selected(node);
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / rowHeight) - 1);
    const steps = new Map([
      ['ArrowDown', 1],
      ['ArrowUp', -1],
      ['PageDown', page],
      ['PageUp', -page],
      ['Home', -this.#list.length],
      ['End', this.#list.length],
    ]);
    const step = steps.get(event.key);
    if (step !== undefined) this.#select(this.#at + step);
    else if (!this.#acted(event.key)) return;
    event.preventDefault();
  }

  #acted(key: string): boolean {
    const node = this.#list[this.#at] ?? 0;
    const { shape, isDirectory } = this.#options;
    const isOpenable = isDirectory(node) && (shape.end[node] ?? 0) > node + 1;
    if (key === 'ArrowRight' && isOpenable) this.#isOpen(node) ? this.#select(this.#at + 1) : this.#toggle(node);
    else if (key === 'ArrowLeft' && isOpenable && this.#isOpen(node)) this.#toggle(node);
    else if (key === 'ArrowLeft') this.#select(Math.max(0, this.#list.indexOf(shape.parent[node] ?? 0)));
    else if (key === 'Enter' || key === ' ') isOpenable && this.#toggle(node);
    else return this.#sought(key);
    return true;
  }

  /** Goes to the next row whose name begins with what is typed. */
  #sought(key: string): boolean {
    if (key.length !== 1 || key === '/') return false;
    this.#typed = this.#typed === key ? key : `${this.#typed}${key}`.toLowerCase();
    const { names } = this.#options.shape;
    const begins = (at: number): boolean => (names[this.#list[at] ?? 0] ?? '').toLowerCase().startsWith(this.#typed);
    const ahead = this.#list.map((_, at) => at);
    const order = [...ahead.slice(this.#at + 1), ...ahead.slice(0, this.#at + 1)];
    const found = order.find(begins);
    if (found === undefined) this.#typed = '';
    else this.#select(found);
    return true;
  }
}
