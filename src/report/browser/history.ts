import type { ImagePage, PageLayer, PageLine } from '../page-data.ts';
import { paint } from './colour.ts';
import { button, el, section, shownText } from './dom.ts';
import { bytes, count, day, share, some } from './format.ts';
import { layerChip } from './parts.ts';

const sizeOf = ({ visible, hidden }: PageLayer): number => visible + hidden;

function barOf({ layers, head }: ImagePage): HTMLElement {
  const parts = layers.map((layer, at) => {
    const title = `layer ${at + 1}: ${bytes(sizeOf(layer))}`;
    const part = paint(el('span', { class: 'part', title }, el('b', {}, `#${at + 1}`)), at + 1);
    part.style.flexGrow = `${sizeOf(layer)}`;
    const hidden = el('span', { class: 'hatched' });
    hidden.style.width = `${(layer.hidden / Math.max(1, sizeOf(layer))) * 100}%`;
    part.append(hidden);
    return part;
  });
  const label = `Layers by the bytes of their files, ${bytes(head.size.files)} in all`;
  return el(
    'div',
    { class: 'layer-bar', role: 'img', 'aria-label': label },
    ...parts.filter((_, at) => sizeOf(layers[at] as PageLayer) > 0),
  );
}

/** A line of history without what builders put around it. */
export function commandOf(createdBy: string): string {
  return createdBy
    .replace(/^\/bin\/(?:ba)?sh -c #\(nop\) +/, '')
    .replace(/^(?:RUN )?(?:\|\d+ .*? )?\/bin\/(?:ba)?sh -c /, 'RUN ')
    .replace(/ # buildkit$/, '')
    .trim();
}

function commandCell({ createdBy, comment, created }: PageLine, layer: PageLayer | undefined): HTMLElement {
  const command = commandOf(createdBy);
  const text = command === '' ? (comment === '' ? 'no history' : comment) : command;
  const line = el('code', { class: 'command' }, text.replace(/\s+/g, ' '));
  const rows: (readonly [string, string])[] = [
    ...(createdBy === '' ? [] : [['command', createdBy] as const]),
    ...(comment === '' ? [] : [['comment', comment] as const]),
    ...(created === null ? [] : [['made', day(created)] as const]),
    ...(layer === undefined
      ? []
      : ([
          ['digest', layer.digest],
          ['diffID', layer.diffID],
        ] as const)),
  ];
  const list = rows.flatMap(([name, value]) => {
    const text = el('dd');
    text.textContent = shownText(value);
    return [el('dt', {}, name), text];
  });
  return el('details', {}, el('summary', {}, line), el('dl', { class: 'more-facts' }, ...list));
}

function changesOf({ added, changed, deleted }: PageLayer): string {
  const said = [
    added > 0 ? `${count(added)} added` : '',
    changed > 0 ? `${count(changed)} changed` : '',
    deleted > 0 ? `${count(deleted)} deleted` : '',
  ];
  return said.filter(text => text !== '').join(', ') || 'nothing';
}

function lineRow(page: ImagePage, line: PageLine, showFiles: (layer: number) => void): HTMLElement {
  const number = line.layer ?? 0;
  const layer = page.layers[number - 1];
  if (layer === undefined)
    return el('tr', { class: 'empty-line' }, el('td'), el('td', { colspan: 4 }, commandCell(line, undefined)));
  const files = button(
    { class: 'link', title: `Show the files of layer ${number}` },
    () => showFiles(number),
    changesOf(layer),
  );
  const hidden = layer.hidden === 0 ? '' : `${bytes(layer.hidden)} hidden`;
  return el(
    'tr',
    {},
    el('td', {}, layerChip(number)),
    el('td', {}, commandCell(line, layer)),
    el('td', { class: 'changes' }, files),
    el('td', { class: 'number' }, el('span', {}, bytes(sizeOf(layer))), el('span', { class: 'waste-note' }, hidden)),
    el('td', { class: 'number muted wide' }, bytes(layer.stored)),
  );
}

/** Layers in a bar and the lines of history that made them, oldest first. */
export function historySection(page: ImagePage, showFiles: (layer: number) => void): HTMLElement {
  const { size } = page.head;
  const heads: readonly (readonly [string, string])[] = [
    ['Layer', ''],
    ['History', ''],
    ['Paths', ''],
    ['Files', 'number'],
    ['Stored', 'number wide'],
  ];
  const head = el('tr', {}, ...heads.map(([title, name]) => el('th', { scope: 'col', class: name }, title)));
  const lines = page.history.map(line => lineRow(page, line, showFiles));
  const caption = el('caption', { class: 'hidden' }, 'Lines of history, oldest first');
  const said = `${some(page.layers.length, 'layer')}, the oldest first. Files are ${bytes(size.files)}, of which no path reaches ${bytes(size.hidden)} (${share(size.hidden, size.files)}, hatched).`;
  const table = el('table', { class: 'rows history' }, caption, el('thead', {}, head), el('tbody', {}, lines));
  return section(
    'layers',
    'Layers',
    el('p', { class: 'lead' }, said),
    barOf(page),
    el('div', { class: 'scroller' }, table),
  );
}
