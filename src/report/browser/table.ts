import { button, type Child, el, fill } from './dom.ts';
import { count } from './format.ts';

/** A column: what a cell holds, and what rows are sorted and found by. */
interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Child;
  readonly key: (row: Row) => string | number;
  readonly class?: string;
}

interface TableOptions<Row> {
  /** What its rows are, in the plural. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Rows that are shown until all are asked for. */
  readonly limit?: number;
  /** Whether paper has only those that are shown. */
  readonly isCutOnPaper?: true;
}

type Order = -1 | 1;

function compare(one: string | number, other: string | number): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one) < String(other) ? -1 : String(one) > String(other) ? 1 : 0;
}

/** Rows that can be sorted by each column and searched. State: how they are sorted, what is looked for, whether all are shown. */
export class Table<Row> {
  readonly element: HTMLElement;
  readonly #options: TableOptions<Row>;
  readonly #body = el('tbody');
  readonly #more = el('p', { class: 'more' });
  readonly #heads: HTMLTableCellElement[];
  #sorted: readonly [at: number, order: Order] | undefined;
  #sought = '';
  #isWhole = false;

  constructor(options: TableOptions<Row>) {
    this.#options = options;
    this.#heads = options.columns.map((column, at) => this.#headOf(column, at));
    const caption = el('caption', { class: 'hidden' }, options.label);
    const table = el('table', { class: 'rows' }, caption, el('thead', {}, el('tr', {}, ...this.#heads)), this.#body);
    const scroller = el('div', { class: 'scroller' }, table);
    this.element = el('div', {}, this.#searchField(), scroller, this.#more);
    if (options.isCutOnPaper !== true) window.addEventListener('beforeprint', () => this.#showAll());
    this.#draw();
  }

  #searchField(): HTMLElement | undefined {
    const { rows, label } = this.#options;
    if (rows.length <= 12) return undefined;
    const field = el('input', {
      type: 'search',
      name: `${label}-search`,
      placeholder: `Search ${label}`,
      'aria-label': `Search ${label}`,
      autocomplete: 'off',
    });
    field.addEventListener('input', () => {
      this.#sought = field.value.trim().toLowerCase();
      this.#draw();
    });
    return el('div', { class: 'controls' }, field);
  }

  #headOf(column: Column<Row>, at: number): HTMLTableCellElement {
    const sort = button({ class: 'sort' }, () => this.#sortBy(at), column.title);
    return el('th', { scope: 'col', class: column.class }, sort);
  }

  #sortBy(at: number): void {
    const first = this.#options.rows[0];
    const isNumber = first !== undefined && typeof this.#options.columns[at]?.key(first) === 'number';
    const usual: Order = isNumber ? -1 : 1;
    const [was, order] = this.#sorted ?? [];
    this.#sorted = [at, was === at && order === usual ? ((usual * -1) as Order) : usual];
    for (const [place, head] of this.#heads.entries()) {
      if (place !== at) head.removeAttribute('aria-sort');
      else head.setAttribute('aria-sort', this.#sorted[1] === 1 ? 'ascending' : 'descending');
    }
    this.#draw();
  }

  #showAll(): void {
    if (this.#isWhole) return;
    this.#isWhole = true;
    this.#draw();
  }

  #found(): readonly Row[] {
    const { rows, columns } = this.#options;
    const texts = (row: Row): string => columns.map(column => String(column.key(row)).toLowerCase()).join('\n');
    const found = this.#sought === '' ? rows : rows.filter(row => texts(row).includes(this.#sought));
    const [at, order] = this.#sorted ?? [0, 1];
    const key = columns[at]?.key;
    return this.#sorted === undefined || key === undefined
      ? found
      : [...found].sort((one, other) => order * compare(key(one), key(other)));
  }

  #draw(): void {
    const { columns, limit = 40, label } = this.#options;
    const found = this.#found();
    const seen = this.#isWhole ? found : found.slice(0, limit);
    const rows = seen.map(row =>
      el('tr', {}, ...columns.map(column => el('td', { class: column.class }, column.cell(row)))),
    );
    const none = el('tr', {}, el('td', { colspan: columns.length, class: 'empty' }, `No ${label} like that.`));
    fill(this.#body, rows.length === 0 ? none : rows);
    const isCut = seen.length < found.length;
    fill(
      this.#more,
      isCut ? button({ class: 'link' }, () => this.#showAll(), `Show all ${count(found.length)} ${label}`) : undefined,
    );
  }
}
