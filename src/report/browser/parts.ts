import type { ImageHead } from '../page-data.ts';
import { paint } from './colour.ts';
import { type Child, el } from './dom.ts';
import { day } from './format.ts';

/** A number that is known by its colour as well. */
export const layerChip = (layer: number): HTMLElement | undefined =>
  layer === 0 ? undefined : paint(el('span', { class: 'chip', title: `layer ${layer}` }, `#${layer}`), layer);

/** A letter for a change, in its colour. */
export const letterChip = (letter: string, title: string): HTMLElement | undefined =>
  letter === '' ? undefined : el('span', { class: `chip tone-${letter}`, title }, letter);

/** Figures, and what each is. */
export type Facts = readonly (readonly [figure: Child, what: string])[];

/** Facts in a row. */
export const facts = (rows: Facts): HTMLElement =>
  el(
    'dl',
    { class: 'facts' },
    ...rows.map(([figure, what]) => el('div', {}, el('dt', {}, what), el('dd', {}, figure))),
  );

/** What an image is, in one line. */
export function aboutLine({ platform, created, system }: ImageHead): string {
  return [system, platform, created === null ? '' : `made ${day(created)}`].filter(text => text !== '').join(' · ');
}

/** What could not be read as it should be. */
export function warningsList(warnings: readonly string[]): HTMLElement | undefined {
  if (warnings.length === 0) return undefined;
  const items = warnings.map(warning => el('li', {}, warning));
  return el('aside', { class: 'notice', 'aria-label': 'Warnings' }, el('ul', {}, items));
}

/** Links to the sections of a page. */
export function navigation(name: string, sections: readonly HTMLElement[]): HTMLElement {
  const links = sections.map(({ id, firstChild }) =>
    el('li', {}, el('a', { href: `#${id}` }, firstChild?.textContent ?? '')),
  );
  const top = el('a', { href: '#top', class: 'brand' }, name);
  return el('nav', { class: 'bar-nav', 'aria-label': 'Sections' }, top, el('ul', {}, ...links));
}

/** What the lines of a file are called, by its row. */
export const textId = (row: number): string => `text-${row}`;
