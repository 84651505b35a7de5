import type { ImagePage } from '../page-data.ts';
import { type Files, pathOf } from './decode.ts';
import { button, type Child, choice, el, fill, section } from './dom.ts';
import { fileFacts, modeOf, typeOf } from './file-facts.ts';
import { bytes, count, modeText, some } from './format.ts';
import { layerChip } from './parts.ts';
import { searchField, wordsOf } from './search-field.ts';
import { TreeView } from './tree-view.ts';

type Test = (files: Files, node: number) => boolean;

/** Kinds of files that one may want to see alone. */
const sorts: readonly (readonly [value: string, text: string, test: Test])[] = [
  ['all', 'everything', () => true],
  [
    'setid',
    'set-user-ID or set-group-ID',
    (files, node) => typeOf(files, node) === 'file' && (modeOf(files, node) & 0o6000) !== 0,
  ],
  [
    'writable',
    'writable by all',
    (files, node) => typeOf(files, node) !== 'symlink' && (modeOf(files, node) & 0o1002) === 0o0002,
  ],
  ['links', 'symbolic links', (files, node) => typeOf(files, node) === 'symlink'],
  ['hard', 'further names of files', (files, node) => files.first.has(node)],
  [
    'unowned',
    'of no package',
    (files, node) => node > 0 && typeOf(files, node) !== 'directory' && files.package[node] === 0,
  ],
];

/** The files of an image in a tree that can be searched, and what is known of one of them. State: what is looked for. */
export class FilesSection {
  readonly element: HTMLElement;
  readonly #page: ImagePage;
  readonly #files: Files;
  readonly #tree: TreeView;
  readonly #search = searchField({
    changed: () => this.#apply(),
    left: () => this.#tree.element.focus(),
    cleared: () => this.#reset(),
  });
  readonly #layers: ReturnType<typeof choice>;
  readonly #sorts: ReturnType<typeof choice>;
  readonly #orders: ReturnType<typeof choice>;
  readonly #found = el('p', { class: 'found', role: 'status' });
  readonly #details = el('div', { class: 'details', role: 'region', 'aria-label': 'Selected file' });
  #package = 0;
  #paths: readonly string[] | undefined;

  constructor(page: ImagePage, files: Files) {
    this.#page = page;
    this.#files = files;
    this.#tree = new TreeView({
      label: 'Files',
      shape: files.shape,
      isDirectory: node => typeOf(files, node) === 'directory',
      cells: node => this.#cells(node),
      selected: node => this.#describe(node),
    });
    const layers = page.layers.map((_, at) => [`${at + 1}`, `#${at + 1}`] as const);
    this.#layers = choice('Layer', [['0', 'any'], ...layers], () => this.#apply());
    this.#sorts = choice(
      'Show',
      sorts.map(([value, text]) => [value, text] as const),
      () => this.#apply(),
    );
    this.#orders = choice(
      'Order',
      [
        ['name', 'by name'],
        ['size', 'by size'],
      ],
      order => this.#tree.sortBy(order === 'size' ? node => files.total[node] ?? 0 : undefined),
    );
    const controls = el(
      'div',
      { class: 'controls', role: 'search' },
      this.#search,
      layers.length === 0 ? undefined : this.#layers.element,
      this.#sorts.element,
      this.#orders.element,
    );
    const both = el('div', { class: 'tree-and-details' }, this.#tree.element, this.#details);
    this.element = section('files', 'Files', controls, this.#found, both);
    this.#describe(0);
    this.#tell(undefined);
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

  showLayer(layer: number): void {
    this.#reset();
    this.#layers.select.value = `${layer}`;
    this.#apply();
    this.element.scrollIntoView();
    this.#tree.element.focus();
  }

  showPackage(number: number): void {
    this.#reset();
    this.#package = number;
    this.#apply();
    this.element.scrollIntoView();
    this.#tree.element.focus();
  }

  #reset(): void {
    this.#search.value = '';
    this.#layers.select.value = '0';
    this.#sorts.select.value = 'all';
    this.#package = 0;
    this.#apply();
  }

  /** Keeps what is looked for, and what it lies in. */
  #apply(): void {
    const words = wordsOf(this.#search);
    const layer = Number(this.#layers.select.value);
    const test = sorts.find(([value]) => value === this.#sorts.select.value)?.[2] ?? (() => true);
    if (words.length === 0 && layer === 0 && this.#package === 0 && this.#sorts.select.value === 'all') {
      this.#tree.keep(undefined);
      this.#tell(undefined);
      return;
    }
    const { shape, layer: layers, package: packages } = this.#files;
    this.#paths ??= Array.from({ length: shape.count }, (_, node) => pathOf(shape, node).toLowerCase());
    const kept = new Uint8Array(shape.count);
    let found = 0;
    for (let node = shape.count - 1; node >= 0; node--) {
      const fits =
        (layer === 0 || layers[node] === layer) &&
        (this.#package === 0 || packages[node] === this.#package) &&
        words.every(word => this.#paths?.[node]?.includes(word)) &&
        test(this.#files, node);
      if (fits) found++;
      if (fits) kept[node] = 1;
      const above = shape.parent[node] ?? -1;
      if (kept[node] === 1 && above >= 0) kept[above] = 1;
    }
    this.#tree.keep(kept);
    this.#tell(found);
  }

  #tell(found: number | undefined): void {
    const [type, name] = this.#page.packages[this.#package - 1] ?? [];
    const clear =
      name === undefined ? undefined : button({ class: 'chip plain' }, () => this.#reset(), `${type} ${name} ×`);
    const all = some(this.#files.shape.count - 1, 'path');
    fill(this.#found, found === undefined ? all : `${count(found)} of ${all}`, ' ', clear);
  }

  #cells(node: number): readonly Child[] {
    const { columns, attribute, layer, total, targets, first } = this.#files;
    const [type, mode] = columns.attributes[attribute[node] ?? 0] ?? (['file', 0] as const);
    const target = targets.get(node);
    const other = first.get(node);
    const note =
      target !== undefined ? `→ ${target}` : other !== undefined ? `= ${pathOf(this.#files.shape, other)}` : '';
    const hasSize = type === 'file' || type === 'directory';
    return [
      el('span', { class: 'note' }, note),
      el('span', { class: 'mode' }, modeText(type, mode)),
      el('span', { class: 'chip-cell' }, layerChip(layer[node] ?? 0)),
      el('span', { class: 'number' }, hasSize && other === undefined ? bytes(total[node] ?? 0) : ''),
    ];
  }

  #describe(node: number): void {
    fill(
      this.#details,
      ...fileFacts(this.#files, node, {
        page: this.#page,
        reveal: other => this.reveal(other),
        showPackage: number => this.showPackage(number),
      }),
    );
  }
}
