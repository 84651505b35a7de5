import type { ImagePage, PageData, PairPage } from '../page-data.ts';
import { ChangesSection, changedSizes, changesOf } from './changes.ts';
import { filesOf, pathOf } from './decode.ts';
import { type Child, el, section } from './dom.ts';
import { FilesSection } from './files-section.ts';
import { bytes, change, count, share } from './format.ts';
import { historySection } from './history.ts';
import { type Groupings, groupingsOf } from './items.ts';
import { configSection, packagesSection, wasteSection } from './lists.ts';
import { SizeMap } from './map.ts';
import * as pair from './pair.ts';
import { aboutLine, type Facts, facts, navigation, warningsList } from './parts.ts';

const groupNames: readonly (readonly [keyof Groupings, string, isOfLayers: boolean])[] = [
  ['directory', 'Directory', false],
  ['layer', 'Layer', true],
  ['package', 'Package', false],
  ['hidden', 'Hidden bytes', true],
];

function sizesSection(groupings: Groupings, hasLayers: boolean): HTMLElement {
  const map = new SizeMap();
  const names = groupNames.filter(([, , isOfLayers]) => hasLayers || !isOfLayers);
  const radios = names.map(([value, text], at) => {
    const input = el('input', { type: 'radio', name: 'grouping', value, checked: at === 0 });
    input.addEventListener('change', () => map.show(groupings[value]));
    return el('label', {}, input, el('span', {}, text));
  });
  map.show(groupings.directory);
  const group = el('fieldset', { class: 'segments' }, el('legend', { class: 'hidden' }, 'Group by'), ...radios);
  return section('sizes', 'Sizes', group, map.element);
}

function header(kind: string, title: readonly Child[], ...rest: readonly Child[]): HTMLElement {
  return el('header', { id: 'top' }, el('p', { class: 'kind' }, kind), el('h1', {}, ...title), ...rest);
}

/** Figures of layers; none of what is no image. */
function layerFacts({ head, layers }: ImagePage): Facts {
  const { stored, hidden, files } = head.size;
  if (stored === null) return [];
  return [
    [bytes(stored), 'stored'],
    [bytes(hidden), `hidden, ${share(hidden, files)}`],
    [count(layers.length), layers.length === 1 ? 'layer' : 'layers'],
  ];
}

function imageHeader(page: ImagePage, paths: number): HTMLElement {
  const { head, files, packages, warnings } = page;
  return header(
    head.digest === null ? 'Root filesystem' : 'Image',
    [head.name],
    el('p', { class: 'about' }, aboutLine(head)),
    head.digest === null ? undefined : el('p', { class: 'digest' }, el('code', {}, head.digest)),
    facts([
      [bytes(head.size.visible), 'in the root filesystem'],
      ...layerFacts(page),
      [count(paths), 'paths'],
      [count(packages.length), packages.length === 1 ? 'package' : 'packages'],
    ]),
    warningsList(warnings),
    files.names === '' ? el('p', { class: 'notice' }, 'The root filesystem is empty.') : undefined,
  );
}

function pageOfImage(page: ImagePage): readonly [HTMLElement, readonly HTMLElement[], () => void] {
  const decoded = filesOf(page.files);
  const files = new FilesSection(page, decoded);
  const { digest } = page.head;
  const sections = [
    ...(digest === null ? [] : [historySection(page, layer => files.showLayer(layer))]),
    sizesSection(
      groupingsOf(page, decoded, node => files.reveal(node)),
      digest !== null,
    ),
    files.element,
    packagesSection(page, number => files.showPackage(number)),
    ...(digest === null ? [] : [wasteSection(page), configSection(page, digest)]),
  ];
  return [imageHeader(page, decoded.shape.count - 1), sections, () => files.focusSearch()];
}

const areImages = ({ before, after }: PairPage): boolean => before.digest !== null && after.digest !== null;

/** What differs in layers; nothing where one of the two is no image. */
function layerChangeFacts({ before, after, layers }: PairPage): Facts {
  const [was, is] = [before.size.stored, after.size.stored];
  if (was === null || is === null) return [];
  const shared = layers.filter(({ kind }) => kind === '=').length;
  return [
    [change(is - was), `stored, now ${bytes(is)}`],
    [`${shared} of ${layers.filter(({ after }) => after !== null).length}`, 'layers kept'],
  ];
}

function pairHeader(page: PairPage, paths: number): HTMLElement {
  const { before, after, packages, changes, warnings } = page;
  const size = after.size.visible - before.size.visible;
  const row = (name: string, head: PairPage['before']): HTMLElement =>
    el(
      'div',
      {},
      el('dt', {}, name),
      el(
        'dd',
        {},
        head.name,
        ' ',
        el('span', { class: 'muted' }, aboutLine(head)),
        head.digest === null ? undefined : el('code', { class: 'digest' }, head.digest),
      ),
    );
  return header(
    'What changed',
    [before.name, el('span', { class: 'arrow', 'aria-label': 'to' }, '→'), after.name],
    el('dl', { class: 'sides' }, row('Old', before), row('New', after)),
    facts([
      [size === 0 ? '±0' : change(size), `in the root filesystem, now ${bytes(after.size.visible)}`],
      ...layerChangeFacts(page),
      [count(paths), 'paths differ'],
      [count(packages.length), 'packages differ'],
    ]),
    warningsList(warnings),
    changes.names === '' ? el('p', { class: 'notice' }, 'The root filesystems are the same.') : undefined,
  );
}

function pageOfPair(page: PairPage): readonly [HTMLElement, readonly HTMLElement[], () => void] {
  const changes = changesOf(page);
  const files = new ChangesSection(changes, new Set(page.texts.map(([row]) => row)));
  let paths = 0;
  for (let node = 0; node < changes.shape.count; node++) if (changes.letter(node) !== '') paths++;
  const sections = [
    ...(areImages(page) ? [pair.layersSection(page)] : []),
    pair.packagesSection(page),
    changedSizes(page, changes, node => files.reveal(node)),
    files.element,
    pair.textsSection(page, row => pathOf(changes.shape, row)),
    ...(areImages(page) ? [pair.configSection(page)] : []),
  ];
  return [pairHeader(page, paths), sections, () => files.focusSearch()];
}

/** A slash goes to the search, unless something is being typed. */
function onSlash(go: () => void): void {
  document.addEventListener('keydown', event => {
    const isTyped = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key !== '/' || isTyped || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go();
  });
}

function start(): void {
  const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as PageData;
  const [top, sections, search] = data.kind === 'image' ? pageOfImage(data) : pageOfPair(data);
  const skip = el('a', { class: 'skip', href: '#main' }, 'Skip to the content');
  const name = data.kind === 'image' ? data.head.name : `${data.before.name} → ${data.after.name}`;
  const main = el('main', { id: 'main', tabindex: -1 }, ...sections);
  const foot = el(
    'footer',
    {},
    'Made by ocikit from what it shows alone. The page is whole: it asks no network for anything.',
  );
  document.body.append(skip, top, navigation(name, sections), main, foot);
  onSlash(search);
}

start();
