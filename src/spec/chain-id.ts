import { type DiffID, digestOf } from './digest.ts';

/** The chainID of a layer over others (image-spec config.md, "Layer ChainID"); `below` is theirs, empty where there are none. */
export const chainID = (below: string, diffID: DiffID): string =>
  below === '' ? diffID : digestOf(new TextEncoder().encode(`${below} ${diffID}`));
