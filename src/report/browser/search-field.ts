import { el } from './dom.ts';

interface SearchOptions {
  readonly changed: () => void;
  /** Goes to what was found. */
  readonly left: () => void;
  readonly cleared: () => void;
}

/** A field for words that paths are to have: Enter or an arrow leads to what was found, Escape clears. */
export function searchField({ changed, left, cleared }: SearchOptions): HTMLInputElement {
  const field = el('input', {
    ...{ type: 'search', name: 'search', placeholder: 'Search paths', 'aria-label': 'Search paths' },
    ...{ autocomplete: 'off', 'aria-keyshortcuts': '/' },
  });
  field.addEventListener('input', changed);
  field.addEventListener('keydown', event => {
    if (event.key === 'ArrowDown' || event.key === 'Enter') left();
    else if (event.key === 'Escape') cleared();
    else return;
    event.preventDefault();
  });
  return field;
}

/** The words of a field, in small letters. */
export const wordsOf = ({ value }: HTMLInputElement): readonly string[] =>
  value
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '');
