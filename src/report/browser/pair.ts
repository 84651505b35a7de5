import type { FieldChange, LayerChange, PackageChange, PairPage } from '../page-data.ts';
import { el, section, shownText } from './dom.ts';
import { bytes, change, count, some } from './format.ts';
import { commandOf } from './history.ts';
import { letterChip, textId } from './parts.ts';
import { Table } from './table.ts';

const lead = (text: string): HTMLElement => el('p', { class: 'lead' }, text);

const layerKinds = {
  '=': ['', 'the same contents'],
  '~': ['C', 'the same line of history, other contents'],
  '+': ['A', 'only in the newer image'],
  '-': ['D', 'only in the older image'],
} as const;

function layerRow({ kind, createdBy, before, after }: LayerChange): HTMLElement {
  const [letter, title] = layerKinds[kind];
  const number = (side: LayerChange['before']): string => (side === null ? '' : `#${side.layer}`);
  const stored =
    kind === '~' ? change((after?.stored ?? 0) - (before?.stored ?? 0)) : bytes((after ?? before)?.stored ?? 0);
  const diffIDs = [...new Set([before?.diffID, after?.diffID])].filter(id => id !== undefined).join(' → ');
  return el(
    'tr',
    { class: kind === '=' ? 'same' : '' },
    el(
      'td',
      { title },
      letter === '' ? el('span', { class: 'muted', 'aria-label': title }, '=') : letterChip(letter, title),
    ),
    el('td', { class: 'number' }, number(before)),
    el('td', { class: 'number' }, number(after)),
    el('td', {}, el('code', { class: 'command', title: diffIDs }, commandOf(createdBy) || 'no history')),
    el('td', { class: 'number' }, stored),
  );
}

export function layersSection({ layers }: PairPage): HTMLElement {
  const same = layers.filter(({ kind }) => kind === '=');
  const bytesOf = (rows: readonly LayerChange[]): number =>
    rows.reduce((sum, { after }) => sum + (after?.stored ?? 0), 0);
  const heads = [
    ['', ''],
    ['Old', 'number'],
    ['New', 'number'],
    ['History', ''],
    ['Stored', 'number'],
  ] as const;
  const head = el('tr', {}, ...heads.map(([title, name]) => el('th', { scope: 'col', class: name }, title)));
  const caption = el('caption', { class: 'hidden' }, 'Layers side by side, the lowest first');
  const table = el('table', { class: 'rows' }, caption, el('thead', {}, head), el('tbody', {}, layers.map(layerRow)));
  const said = `${some(same.length, 'layer')} of ${bytes(bytesOf(same))} are in both; ${bytes(bytesOf(layers) - bytesOf(same))} of the newer image are stored anew.`;
  return section('layers', 'Layers', lead(said), el('div', { class: 'scroller' }, table));
}

const packageKinds: Readonly<Record<PackageChange[0], readonly [letter: string, title: string]>> = {
  A: ['A', 'added'],
  D: ['D', 'deleted'],
  U: ['C', 'upgraded'],
  W: ['C', 'downgraded'],
  C: ['C', 'changed'],
};

export function packagesSection({ packages }: PairPage): HTMLElement {
  if (packages.length === 0) return section('packages', 'Packages', lead('The packages are the same.'));
  const table = new Table({
    label: 'packages',
    rows: packages,
    columns: [
      { title: '', key: row => row[0], cell: row => letterChip(...packageKinds[row[0]]) },
      { title: 'Name', key: row => row[2], cell: row => row[2] },
      { title: 'What', class: 'wide', key: row => packageKinds[row[0]][1], cell: row => packageKinds[row[0]][1] },
      { title: 'Old', class: 'mono', key: row => row[3] ?? '', cell: row => row[3] ?? '' },
      { title: 'New', class: 'mono', key: row => row[4] ?? '', cell: row => row[4] ?? '' },
      { title: 'Type', class: 'wide', key: row => row[1], cell: row => row[1] },
      { title: 'Size', class: 'number', key: row => row[5], cell: row => (row[5] === 0 ? '' : change(row[5])) },
    ],
  });
  return section('packages', 'Packages', lead(packagesText(packages)), table.element);
}

function packagesText(packages: readonly PackageChange[]): string {
  const of = (kind: string): number => packages.filter(row => row[0] === kind).length;
  const said = (['A', 'U', 'W', 'C', 'D'] as const)
    .filter(kind => of(kind) > 0)
    .map(kind => `${of(kind)} ${packageKinds[kind][1]}`);
  return `${said.join(', ')}.`;
}

function fieldRow([field, before, after]: FieldChange): HTMLElement {
  const letter = before === null ? 'A' : after === null ? 'D' : 'C';
  const side = (value: string | null): HTMLElement =>
    el('td', {}, value === null ? undefined : el('code', { class: 'value' }, value));
  const names = { A: 'added', C: 'changed', D: 'deleted' };
  return el(
    'tr',
    {},
    el('td', {}, letterChip(letter, names[letter])),
    el('td', {}, el('code', {}, field)),
    side(before),
    side(after),
  );
}

export function configSection({ config }: PairPage): HTMLElement {
  if (config.length === 0)
    return section('config', 'Config', lead('The configs say the same, but for layers and history.'));
  const head = el('tr', {}, ...['', 'Field', 'Old', 'New'].map(title => el('th', { scope: 'col' }, title)));
  const caption = el('caption', { class: 'hidden' }, 'Fields that differ');
  const rows = el('tbody', {}, config.map(fieldRow));
  const table = el('table', { class: 'rows fields' }, caption, el('thead', {}, head), rows);
  return section('config', 'Config', el('div', { class: 'scroller' }, table));
}

const lineKinds: Readonly<Record<string, string>> = {
  '+': 'line tone-A',
  '-': 'line tone-D',
  '@': 'line place',
  '\\': 'line place',
};

function diffBlock(diff: string, path: string): HTMLElement {
  const lines = diff.split('\n').map(line => {
    const element = el('span', { class: lineKinds[line.charAt(0)] ?? 'line' });
    element.textContent = `${shownText(line)}\n`;
    return element;
  });
  return el(
    'pre',
    { class: 'diff', tabindex: 0, role: 'region', 'aria-label': `Differences of ${path}` },
    el('code', {}, lines),
  );
}

/** Differences that are open from the start: of many, none, so that the list can be read. */
const mostOpen = 4;

/** How small text files differ, line by line; of those that were added or deleted all lines. */
export function textsSection({ texts, textsLeft }: PairPage, pathAt: (row: number) => string): HTMLElement {
  const rest = textsLeft === 0 ? '' : ` ${some(textsLeft, 'file')} more would make the page too large.`;
  if (texts.length === 0)
    return section(
      'texts',
      'Text files',
      lead(`No small text file was added or deleted, or has other contents.${rest}`),
    );
  const files = texts.map(([row, diff, added, deleted]) => {
    const path = pathAt(row);
    const counts = el('span', { class: 'muted' }, ` +${count(added)} −${count(deleted)}`);
    const summary = el('summary', {}, el('code', {}, path), counts);
    return el(
      'details',
      { class: 'text', id: textId(row), open: texts.length <= mostOpen },
      summary,
      diffBlock(diff, path),
    );
  });
  window.addEventListener('beforeprint', () => {
    for (const file of files) file.open = true;
  });
  const said = `${some(texts.length, 'text file')} of at most 64 KiB ${texts.length === 1 ? 'was' : 'were'} added, changed or deleted.${rest}`;
  return section('texts', 'Text files', lead(said), files);
}
