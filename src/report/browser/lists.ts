import type { ImagePage } from '../page-data.ts';
import { button, el, section, shownText } from './dom.ts';
import { bytes, count, share, some } from './format.ts';
import { layerChip } from './parts.ts';
import { Table } from './table.ts';

const lead = (text: string): HTMLElement => el('p', { class: 'lead' }, text);

/** What counts of each kind, the most first. */
function kindsText({ packages }: ImagePage): string {
  const counts = new Map<string, number>();
  for (const [type] of packages) counts.set(type, (counts.get(type) ?? 0) + 1);
  const sorted = [...counts].sort((one, other) => other[1] - one[1]);
  return sorted.map(([type, number]) => `${count(number)} ${type}`).join(', ');
}

export function packagesSection(page: ImagePage, show: (number: number) => void): HTMLElement {
  const { packages, head } = page;
  if (packages.length === 0)
    return section('packages', 'Packages', lead('No database or manifest of packages was found.'));
  const owned = packages.reduce((sum, row) => sum + row[5], 0);
  const rest = head.size.visible - owned;
  const table = new Table({
    label: 'packages',
    rows: packages.map((row, at) => ({ row, at })),
    columns: [
      {
        title: 'Name',
        key: ({ row }) => row[1],
        cell: ({ row, at }) => button({ class: 'link', title: 'Show its files' }, () => show(at + 1), row[1]),
      },
      { title: 'Version', class: 'mono', key: ({ row }) => row[2], cell: ({ row }) => row[2] },
      { title: 'Type', class: 'wide', key: ({ row }) => row[0], cell: ({ row }) => row[0] },
      { title: 'Licence', class: 'licence wide', key: ({ row }) => row[3], cell: ({ row }) => row[3] },
      { title: 'Layer', key: ({ row }) => row[4], cell: ({ row }) => layerChip(row[4]) },
      { title: 'Size', class: 'number', key: ({ row }) => row[5], cell: ({ row }) => bytes(row[5]) },
    ],
  });
  const said = `${kindsText(page)}. Their files are ${bytes(owned)}; ${bytes(rest)} (${share(rest, head.size.visible)}) belong to no package.`;
  return section('packages', 'Packages', lead(said), table.element);
}

export function wasteSection({ waste, head, efficiency }: ImagePage): HTMLElement {
  const { hidden, files } = head.size;
  if (hidden === 0)
    return section(
      'waste',
      'Waste',
      lead('Every byte of every layer is reached: nothing was replaced or deleted later.'),
    );
  const table = new Table({
    label: 'paths',
    rows: waste.rows,
    limit: 25,
    isCutOnPaper: true,
    columns: [
      { title: 'Path', class: 'path', key: row => row[0], cell: row => row[0] },
      {
        title: 'How',
        class: 'wide',
        key: row => row[3],
        cell: row => `${row[3]}${row[2] > 1 ? `, ${row[2]} times` : ''}`,
      },
      { title: 'In', key: row => row[4][0] ?? 0, cell: row => row[4].map(layerChip) },
      { title: 'By', key: row => row[5][0] ?? 0, cell: row => row[5].map(layerChip) },
      { title: 'Size', class: 'number', key: row => row[1], cell: row => bytes(row[1]) },
    ],
  });
  const said = `${bytes(hidden)} (${share(hidden, files)}) of the files in all layers are reached by no path: a layer above replaced or deleted them, and they are stored all the same. Efficiency, as dive counts it, is ${(efficiency * 100).toFixed(1)} %.`;
  const rest =
    waste.more === 0
      ? undefined
      : el(
          'p',
          { class: 'muted' },
          `${some(waste.more, 'smaller path')} of ${bytes(waste.moreBytes)} in all are not listed.`,
        );
  return section('waste', 'Waste', lead(said), table.element, rest);
}

/** Text of several lines, as it is. */
function textBlock(text: string, name: string): HTMLElement {
  const code = el('code');
  code.textContent = shownText(text);
  return el('pre', { tabindex: 0, role: 'region', 'aria-label': name }, code);
}

export function configSection({ config, dockerfile }: ImagePage, digest: string): HTMLElement {
  const rows = config.flatMap(([field, values]) => [
    el('dt', {}, field),
    el(
      'dd',
      {},
      values.map(value => el('code', { class: 'value' }, value)),
    ),
  ]);
  const documents = [el('dt', {}, 'Manifest'), el('dd', {}, el('code', { class: 'value' }, digest))];
  const source = el('details', {}, el('summary', {}, 'As a Dockerfile'), textBlock(dockerfile, 'Dockerfile'));
  return section('config', 'Config', el('dl', { class: 'config' }, rows, documents), source);
}
