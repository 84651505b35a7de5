import { paint } from './colour.ts';
import { button, el, fill } from './dom.ts';
import { bytes, share } from './format.ts';
import { type Box, type Item, layOut } from './layout.ts';

/** Rows of the table beside the map. */
const mostRows = 14;

const labelOf = ({ item }: Box, whole: number): string => {
  if (item === undefined) return 'smaller ones';
  const layer = item.layer === 0 ? '' : `, layer ${item.layer}`;
  return `${item.name}, ${bytes(item.size)}, ${share(item.size, whole)}${layer}${item.note === undefined ? '' : `, ${item.note}`}`;
};

function toned(element: HTMLElement, item: Item | undefined): void {
  if (item?.tone !== undefined) element.classList.add(`tone-${item.tone}`);
  else paint(element, item?.layer ?? 0);
}

/** A map of sizes that one goes into and out of, and the same in a table. State: where one is in it, and which box has the focus. */
export class SizeMap {
  readonly element: HTMLElement;
  readonly #map = el('div', { class: 'map', role: 'group', 'aria-label': 'Map of sizes' });
  readonly #trail = el('nav', { class: 'trail', 'aria-label': 'Where the map is' });
  readonly #table = el('div', { class: 'map-table' });
  #way: Item[] = [];
  #boxes: HTMLButtonElement[] = [];
  #width = 0;

  constructor() {
    this.element = el(
      'div',
      { class: 'sizes' },
      this.#trail,
      el('div', { class: 'map-and-table' }, this.#map, this.#table),
    );
    this.#map.addEventListener('keydown', event => this.#pressed(event));
    new ResizeObserver(() => {
      if (Math.abs(this.#map.clientWidth - this.#width) > 1) this.#drawMap();
    }).observe(this.#map);
  }

  /** Shows another whole. */
  show(root: Item): void {
    this.#way = [root];
    this.#draw();
  }

  get #here(): Item | undefined {
    return this.#way.at(-1);
  }

  #enter(items: readonly Item[]): void {
    const last = items.at(-1);
    if (last?.parts === undefined) {
      last?.open?.();
      return;
    }
    const isInTable = this.#table.contains(document.activeElement);
    for (const one of items) this.#way.push(one);
    this.#draw();
    if (isInTable) this.#table.querySelector('button')?.focus();
    else this.#boxes[0]?.focus();
  }

  #leave(to: number): void {
    if (to < 0 || to >= this.#way.length - 1) return;
    this.#way.length = to + 1;
    this.#draw();
    this.#boxes[0]?.focus();
  }

  #draw(): void {
    this.#drawTrail();
    this.#drawMap();
    this.#drawTable();
  }

  #drawTrail(): void {
    const last = this.#way.length - 1;
    const steps = this.#way.map(({ name }, at) =>
      el(
        'li',
        {},
        at === last ? el('span', { 'aria-current': 'true' }, name) : button({}, () => this.#leave(at), name),
      ),
    );
    const here = this.#here;
    fill(
      this.#trail,
      el('ol', {}, ...steps),
      el('span', { class: 'muted' }, here === undefined ? '' : bytes(here.size)),
    );
  }

  #drawMap(): void {
    const here = this.#here;
    this.#width = this.#map.clientWidth;
    if (here === undefined || this.#width === 0) return;
    const boxes = here.size === 0 ? [] : layOut(here, this.#width, this.#map.clientHeight);
    this.#boxes = boxes.map((box, at) => this.#boxOf(box, { tab: at === 0, whole: here.size }));
    fill(this.#map, here.size === 0 ? el('p', { class: 'empty' }, 'No bytes here.') : this.#boxes);
  }

  #boxOf(box: Box, { tab, whole }: { readonly tab: boolean; readonly whole: number }): HTMLButtonElement {
    const label = labelOf(box, whole);
    const { item, width, height } = box;
    const names =
      item !== undefined && width > 34 && height > 15
        ? [el('b', {}, item.name), width > 90 ? el('i', {}, bytes(item.size)) : undefined]
        : [];
    const attributes = {
      class: box.isWhole ? 'box' : 'box group',
      tabindex: tab ? 0 : -1,
      'aria-label': label,
      title: label,
    };
    const element = button(attributes, () => this.#enter(item === undefined ? [] : [...box.within, item]), ...names);
    if (box.isWhole) toned(element, item);
    element.style.left = `${box.left}px`;
    element.style.top = `${box.top}px`;
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
    return element;
  }

  #pressed(event: KeyboardEvent): void {
    const at = this.#boxes.indexOf(document.activeElement as HTMLButtonElement);
    const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined) this.#focus(Math.min(this.#boxes.length - 1, Math.max(0, at + step)));
    else if (event.key === 'Home') this.#focus(0);
    else if (event.key === 'End') this.#focus(this.#boxes.length - 1);
    else if (event.key === 'Escape' || event.key === 'Backspace') this.#leave(this.#way.length - 2);
    else return;
    event.preventDefault();
  }

  #focus(at: number): void {
    for (const box of this.#boxes) box.tabIndex = -1;
    const box = this.#boxes[at];
    if (box === undefined) return;
    box.tabIndex = 0;
    box.focus();
  }

  #drawTable(): void {
    const here = this.#here;
    const parts = here?.parts?.() ?? [];
    const rows = parts.slice(0, mostRows).map(part => this.#rowOf(part, here?.size ?? 0));
    const more = parts.slice(mostRows).reduce((sum, { size }) => sum + size, 0);
    const rest = parts.length - rows.length;
    const last =
      rest > 0
        ? el('tr', { class: 'muted' }, el('td', {}, `${rest} more`), el('td', { class: 'number' }, bytes(more)))
        : undefined;
    const head = el(
      'thead',
      {},
      el('tr', {}, el('th', { scope: 'col' }, 'Name'), el('th', { scope: 'col', class: 'number' }, 'Size')),
    );
    const caption = el('caption', { class: 'hidden' }, 'The largest parts of what the map shows');
    fill(this.#table, el('table', {}, caption, head, el('tbody', {}, ...rows, last)));
  }

  #rowOf(part: Item, whole: number): HTMLElement {
    const isOpenable = part.parts !== undefined || part.open !== undefined;
    const name = isOpenable
      ? button({ class: 'link' }, () => this.#enter([part]), part.name)
      : el('span', {}, part.name);
    const bar = el('span', { class: 'bar', 'aria-hidden': 'true' });
    bar.style.width = `${Math.max(0.5, (part.size / Math.max(1, whole)) * 100)}%`;
    toned(bar, part);
    return el(
      'tr',
      {},
      el('td', { class: 'name' }, name, el('span', { class: 'track' }, bar)),
      el('td', { class: 'number' }, bytes(part.size)),
    );
  }
}
