/** What may stand in an element: text is text, whatever is in it. */
export type Child = Node | string | number | undefined | readonly Child[];

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Characters that would not be seen, or would make a reader see others: controls, marks of direction, what has no width. */
const unseen = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** A text as one line in which all that is in it can be seen. */
export const shown = (text: string): string => text.replace(unseen, escaped);

/** The same of several lines. */
export const shownText = (text: string): string =>
  text.replace(unseen, one => (one === '\n' || one === '\t' ? one : escaped(one)));

function append(parent: Node, child: Child): void {
  if (child === undefined) return;
  if (child instanceof Node) parent.appendChild(child);
  else if (Array.isArray(child)) for (const one of child) append(parent, one);
  else parent.appendChild(document.createTextNode(shown(String(child))));
}

/** An element, its attributes set and its children within. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : shown(String(value)));
  }
  append(element, children);
  return element;
}

/** A button that does something. */
export function button(attributes: Attributes, act: () => void, ...children: readonly Child[]): HTMLButtonElement {
  const element = el('button', { type: 'button', ...attributes }, ...children);
  element.addEventListener('click', act);
  return element;
}

/** Puts children in the place of all that is in an element. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/** A section of the page with its heading, which the navigation leads to. */
export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  return el('section', { id, 'aria-labelledby': `${id}-title` }, el('h2', { id: `${id}-title` }, title), ...children);
}

/** A choice of one of a few, as a select with its label. */
export function choice(
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  changed: (value: string) => void,
): { readonly element: HTMLElement; readonly select: HTMLSelectElement } {
  const select = el(
    'select',
    { name: label.toLowerCase() },
    ...options.map(([value, text]) => el('option', { value }, text)),
  );
  select.addEventListener('change', () => changed(select.value));
  return { element: el('label', { class: 'choice' }, el('span', {}, label), select), select };
}
