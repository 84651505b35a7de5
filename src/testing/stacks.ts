import fc from 'fast-check';
import { applyLayer } from '../tree/apply.ts';
import { emptyTree, type LayerEntry, type Tree } from '../tree/node.ts';
import { atOnce } from '../tree/parts.ts';
import { foldStack, type Stack } from '../tree/stack.ts';
import { arbitraryEntries, leniently } from './trees.ts';

/** What layers come to, the lowest first. */
export const stackOf = (...layers: readonly (readonly LayerEntry[])[]): Stack => atOnce(foldStack(layers, 'stack'));

/** Layers that can be applied one over the other, whatever they hold. */
export const arbitraryStack: fc.Arbitrary<Stack> = fc
  .array(arbitraryEntries, { minLength: 1, maxLength: 5 })
  .map(scripts => {
    let below: Tree = emptyTree();
    const layers = scripts.map(entries => {
      const layer = leniently(below, entries);
      below = applyLayer(below, layer);
      return layer;
    });
    return stackOf(...layers);
  });
