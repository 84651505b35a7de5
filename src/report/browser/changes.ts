import { letters, type PairPage } from '../page-data.ts';
import { childrenOf, column, pathOf, type Shape, shapeOf, totalsOf } from './decode.ts';
import { choice, el, fill, section } from './dom.ts';
import { change, count, some } from './format.ts';
import type { Item } from './layout.ts';
import { SizeMap } from './map.ts';
import { letterChip, textId } from './parts.ts';
import { searchField, wordsOf } from './search-field.ts';
import { TreeView } from './tree-view.ts';

const titles = { '': 'something below it differs', A: 'added', C: 'changed', D: 'deleted' } as const;

/** What differs between two images' files, a value a node. */
export interface Changes {
  readonly shape: Shape;
  readonly letter: (node: number) => (typeof letters)[number];
  readonly type: (node: number) => string;
  readonly reason: (node: number) => string;
  readonly isDirectory: (node: number) => boolean;
  /** Bytes that came and that went, with all below. */
  readonly after: Float64Array;
  readonly before: Float64Array;
}

export function changesOf({ changes }: PairPage): Changes {
  const shape = shapeOf(changes);
  const [letter, type, reason] = [changes.letter, changes.type, changes.reason].map(runs => column(runs, shape.count));
  const typeOf = (node: number): string => changes.types[type?.[node] ?? 0] ?? '';
  return {
    shape,
    letter: node => letters[letter?.[node] ?? 0] ?? '',
    type: typeOf,
    reason: node => changes.reasons[reason?.[node] ?? 0] ?? '',
    isDirectory: node => typeOf(node) === 'directory',
    after: totalsOf(shape, node => changes.after[node] ?? 0),
    before: totalsOf(shape, node => changes.before[node] ?? 0),
  };
}

/** Bytes that differ below a node: of each path what is more of before and after. */
function touchedBytes({ changes }: PairPage, shape: Shape): Float64Array {
  return totalsOf(shape, node => Math.max(changes.before[node] ?? 0, changes.after[node] ?? 0));
}

function itemOf(changes: Changes, weights: Float64Array, reveal: (node: number) => void) {
  const { shape } = changes;
  const item = (node: number): Item => {
    const isLeaf = (shape.end[node] ?? 0) === node + 1;
    const letter = changes.letter(node);
    const delta = (changes.after[node] ?? 0) - (changes.before[node] ?? 0);
    const parts = (): readonly Item[] =>
      childrenOf(shape, node)
        .filter(child => (weights[child] ?? 0) > 0)
        .map(item)
        .sort((one, other) => other.size - one.size);
    return {
      name: node === 0 ? '/' : (shape.names[node] ?? ''),
      size: weights[node] ?? 0,
      layer: 0,
      tone: letter === '' ? 'C' : letter,
      note: delta === 0 ? 'as large as before' : change(delta),
      ...(isLeaf ? { open: () => reveal(node) } : { parts }),
    };
  };
  return item(0);
}

/** Where bytes changed, in a map. */
export function changedSizes(page: PairPage, changes: Changes, reveal: (node: number) => void): HTMLElement {
  const map = new SizeMap();
  map.show(itemOf(changes, touchedBytes(page, changes.shape), reveal));
  const delta = (changes.after[0] ?? 0) - (changes.before[0] ?? 0);
  const said = `The files are ${delta === 0 ? 'as large as before' : change(delta)} in all. Boxes are bytes of files that were added (A), changed (C) or deleted (D).`;
  const key = (['A', 'C', 'D'] as const).map(letter =>
    el('li', {}, letterChip(letter, titles[letter]), ` ${titles[letter]}`),
  );
  return section(
    'sizes',
    'Directories',
    el('p', { class: 'lead' }, said),
    el('ul', { class: 'key' }, ...key),
    map.element,
  );
}

/** What leads to the lines of a file, and opens them. */
function textLink(node: number): HTMLElement {
  const link = el('a', { href: `#${textId(node)}` }, 'Its lines');
  link.addEventListener('click', event => {
    const file = document.getElementById(textId(node));
    if (!(file instanceof HTMLDetailsElement)) return;
    // What a browser does by itself takes the focus away from what it scrolls to.
    event.preventDefault();
    file.open = true;
    file.scrollIntoView();
    file.querySelector('summary')?.focus();
  });
  return link;
}

/** Every path that differs, in a tree that can be searched. State: what is looked for. */
export class ChangesSection {
  readonly element: HTMLElement;
  readonly #changes: Changes;
  readonly #texts: ReadonlySet<number>;
  readonly #tree: TreeView;
  readonly #search = searchField({
    changed: () => this.#apply(),
    left: () => this.#tree.element.focus(),
    cleared: () => this.#reset(),
  });
  readonly #kinds: ReturnType<typeof choice>;
  readonly #found = el('p', { class: 'found', role: 'status' });
  readonly #details = el('div', { class: 'details', role: 'region', 'aria-label': 'Selected path' });

  /** `texts` are the nodes whose lines are shown below. */
  constructor(changes: Changes, texts: ReadonlySet<number>) {
    this.#changes = changes;
    this.#texts = texts;
    const { shape, isDirectory } = changes;
    this.#tree = new TreeView({
      label: 'Changes',
      shape,
      isDirectory,
      cells: node => this.#cells(node),
      selected: node => this.#describe(node),
    });
    const kinds = [
      ['', 'every change'],
      ['A', 'added'],
      ['C', 'changed'],
      ['D', 'deleted'],
    ] as const;
    this.#kinds = choice('Show', kinds, () => this.#apply());
    const controls = el('div', { class: 'controls', role: 'search' }, this.#search, this.#kinds.element);
    const both = el('div', { class: 'tree-and-details' }, this.#tree.element, this.#details);
    this.element = section('changes', 'Files', controls, this.#found, both);
    this.#describe(0);
    this.#apply();
  }

  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  reveal(node: number): void {
    this.#reset();
    this.#tree.reveal(node);
    this.element.scrollIntoView();
    this.#tree.element.focus();
  }

  #reset(): void {
    this.#search.value = '';
    this.#kinds.select.value = '';
    this.#apply();
  }

  #apply(): void {
    const { shape, letter } = this.#changes;
    const words = wordsOf(this.#search);
    const kind = this.#kinds.select.value;
    const kept = new Uint8Array(shape.count);
    let found = 0;
    for (let node = shape.count - 1; node >= 0; node--) {
      const path = words.length === 0 ? '' : pathOf(shape, node).toLowerCase();
      const fits =
        letter(node) !== '' && (kind === '' || letter(node) === kind) && words.every(word => path.includes(word));
      if (fits) found++;
      if (fits) kept[node] = 1;
      const above = shape.parent[node] ?? -1;
      if (kept[node] === 1 && above >= 0) kept[above] = 1;
    }
    this.#tree.keep(words.length === 0 && kind === '' ? undefined : kept);
    fill(this.#found, `${count(found)} ${found === 1 ? 'path' : 'paths'}`);
  }

  #cells(node: number): readonly HTMLElement[] {
    const { after, before, letter, reason } = this.#changes;
    const delta = (after[node] ?? 0) - (before[node] ?? 0);
    const mark = letter(node);
    return [
      el('span', { class: 'note' }, reason(node)),
      el('span', { class: 'chip-cell' }, letterChip(mark, titles[mark])),
      el('span', { class: 'number' }, delta === 0 ? '' : change(delta)),
    ];
  }

  #describe(node: number): void {
    const { shape, letter, type, reason, after, before } = this.#changes;
    const below = (shape.end[node] ?? 0) - node - 1;
    const rows: readonly (readonly [string, string])[] = [
      ['what', titles[letter(node)]],
      ['type', type(node)],
      ...(reason(node) === '' ? [] : [['why', reason(node)] as const]),
      ['before', `${count(before[node] ?? 0)} bytes`],
      ['after', `${count(after[node] ?? 0)} bytes`],
      ...(below === 0 ? [] : [['below', some(below, 'path')] as const]),
    ];
    const list = rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]);
    const lines = this.#texts.has(node) ? [el('p', {}, textLink(node))] : [];
    fill(this.#details, el('h3', {}, pathOf(shape, node)), el('dl', { class: 'more-facts' }, ...list), ...lines);
  }
}
