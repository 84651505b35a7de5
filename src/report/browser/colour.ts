/** Turns of the wheel of hues from one layer to the next: those of neighbours are far apart. */
const goldenAngle = 137.508;

/** Gives an element the colour of a layer; the lowest, which is a base more often than not, is grey. */
export function paint<T extends HTMLElement>(element: T, layer: number): T {
  element.classList.add(layer === 0 ? 'no-layer' : layer === 1 ? 'base-layer' : 'of-layer');
  element.style.setProperty('--hue', `${((layer - 2) * goldenAngle + 250) % 360}`);
  return element;
}
