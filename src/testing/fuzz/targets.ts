import type { FuzzTarget } from './target.ts';
import { compressionTargets } from './targets-of-compression.ts';
import { documentTargets } from './targets-of-documents.ts';
import { layerTargets } from './targets-of-layers.ts';
import { packageTargets } from './targets-of-packages.ts';
import { placeTargets } from './targets-of-places.ts';
import { textTargets } from './targets-of-texts.ts';

/** Everything that takes bytes of strangers. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...layerTargets,
  ...compressionTargets,
  ...documentTargets,
  ...textTargets,
  ...packageTargets,
  ...placeTargets,
];
