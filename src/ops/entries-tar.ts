import type { BodySource } from '../codec/body-source.ts';
import { type LayerListener, writeLayer } from '../codec/layer-writer.ts';
import type { Bytes } from '../engine/engine.ts';
import { flow } from '../stream/flow.ts';
import { fileCost } from '../stream/pace.ts';
import type { LayerEntry } from '../tree/node.ts';
import type { Work } from './options.ts';

/** The tar of a layer, as the bytes of every verb pass: of small files its bytes are the least of what they cost. */
export function entriesTar(
  entries: readonly LayerEntry[],
  bodies: BodySource,
  { work, listener }: { readonly work: Work; readonly listener?: LayerListener | undefined },
): Bytes {
  let cost = 0;
  const counted = function* (): Generator<LayerEntry> {
    for (const entry of entries) {
      cost += fileCost;
      yield entry;
    }
  };
  const beside = (): number => {
    const since = cost;
    cost = 0;
    return since;
  };
  const tar = flow(writeLayer(counted(), bodies, listener), work, beside);
  return listener?.ready === undefined ? tar : heldBack(tar, listener);
}

/** The same bytes, none sooner than who listens can follow. */
async function* heldBack(bytes: Bytes, listener: LayerListener): Bytes {
  for await (const chunk of bytes) {
    yield chunk;
    const wait = listener.ready?.();
    if (wait !== undefined) await wait;
  }
}
