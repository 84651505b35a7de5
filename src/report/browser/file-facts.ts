import type { ImagePage, NodeType } from '../page-data.ts';
import { childrenOf, type Files, pathOf } from './decode.ts';
import { button, type Child, el } from './dom.ts';
import { bytes, count, modeText, moment, octal, share, some } from './format.ts';
import { commandOf } from './history.ts';
import { layerChip } from './parts.ts';

type Attributes = Files['columns']['attributes'][number];

const attributesOf = ({ columns, attribute }: Files, node: number): Attributes =>
  columns.attributes[attribute[node] ?? 0] ?? ['file', 0, 0, 0];

export const typeOf = (files: Files, node: number): NodeType => attributesOf(files, node)[0];
export const modeOf = (files: Files, node: number): number => attributesOf(files, node)[1];

type Fact = readonly [what: string, value: Child];

/** An image, and where facts lead to. */
interface Ways {
  readonly page: ImagePage;
  readonly reveal: (node: number) => void;
  readonly showPackage: (number: number) => void;
}

function typeText(files: Files, node: number): string {
  const type = typeOf(files, node);
  if (type !== 'directory') return type;
  const below = (files.shape.end[node] ?? 0) - node - 1;
  const entries = some(childrenOf(files.shape, node).length, 'entry', 'entries');
  return `directory of ${entries}, ${some(below, 'path')} below`;
}

function sizeFacts(files: Files, node: number): readonly Fact[] {
  const type = typeOf(files, node);
  if ((type !== 'file' && type !== 'directory') || files.first.has(node)) return [];
  const size = files.total[node] ?? 0;
  return [['size', `${count(size)} bytes, ${share(size, files.total[0] ?? 0)} of all`]];
}

function linkFacts(files: Files, node: number, { reveal }: Ways): readonly Fact[] {
  const target = files.targets.get(node);
  const first = files.first.get(node);
  return [
    ...(target === undefined ? [] : [['leads to', target] as const]),
    ...(first === undefined
      ? []
      : [['same file as', button({ class: 'link' }, () => reveal(first), pathOf(files.shape, first))] as const]),
  ];
}

/** Which layer and which package a file is of, and what of its path is hidden. */
function originFacts(page: ImagePage, files: Files, node: number): readonly Fact[] {
  const layer = files.layer[node] ?? 0;
  const line = page.history.find(row => row.layer === layer);
  const command = el('code', { class: 'clamped' }, commandOf(line?.createdBy ?? ''));
  const path = pathOf(files.shape, node);
  const wasted = page.waste.rows.find(([at]) => at === path);
  return [
    ...(layer === 0 ? [] : [['layer', [layerChip(layer), ' ', command]] as const]),
    ...(wasted === undefined
      ? []
      : [
          [
            'hidden',
            `${bytes(wasted[1])} in layer ${wasted[4].join(', ')}, ${wasted[3]} by layer ${wasted[5].join(', ')}`,
          ] as const,
        ]),
  ];
}

function packageFacts({ page, showPackage }: Ways, number: number): readonly Fact[] {
  const [type, name, version] = page.packages[number - 1] ?? [];
  if (name === undefined) return [];
  return [['package', button({ class: 'link' }, () => showPackage(number), `${type} ${name} ${version}`)]];
}

/** All that is known of a file: its path, and facts. */
export function fileFacts(files: Files, node: number, ways: Ways): readonly Child[] {
  const [type, mode, uid, gid] = attributesOf(files, node);
  const time = files.columns.times[files.time[node] ?? 0] ?? 0;
  const rows: readonly Fact[] = [
    ['type', typeText(files, node)],
    ['mode', `${modeText(type, mode)} (${octal(mode)})`],
    ['owner', `${uid}:${gid}`],
    ...sizeFacts(files, node),
    ...linkFacts(files, node, ways),
    ...(node === 0 ? [] : [['changed', `${moment(time)} UTC`] as const]),
    ...originFacts(ways.page, files, node),
    ...packageFacts(ways, files.package[node] ?? 0),
  ];
  const list = rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]);
  return [el('h3', {}, pathOf(files.shape, node)), el('dl', { class: 'more-facts' }, ...list)];
}
