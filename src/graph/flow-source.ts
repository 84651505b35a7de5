import { flow } from '../stream/flow.ts';
import { fileCost, Pace, statCost, type Work } from '../stream/pace.ts';
import type { ImageSource } from './source.ts';

/**
 * The same source for one run of a verb: the bytes of its blobs are counted as they pass, between them and between documents the
 * event loop turns, and a signal ends the reading.
 */
export function flowSource(source: ImageSource, work: Work): ImageSource {
  const pace = new Pace(work.signal);
  const step = async (cost: number): Promise<void> => {
    work.signal?.throwIfAborted();
    await pace.spend(cost);
  };
  return {
    ...source,
    work,
    async index() {
      await step(statCost);
      return source.index();
    },
    async has(descriptor) {
      await step(statCost);
      return source.has(descriptor);
    },
    async read(descriptor, limit) {
      await step(fileCost);
      return source.read(descriptor, limit);
    },
    open: descriptor => flow(source.open(descriptor), work),
  };
}
