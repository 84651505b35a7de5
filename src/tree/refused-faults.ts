import type { LayerFaultCode } from '../spec/tar-fault-codes.ts';
import { LayerFaults } from './layer-faults.ts';
import type { LayerEntry } from './node.ts';

/** What no engine, or not every one, takes: a layer with it is not to be made. */
const refused: ReadonlySet<LayerFaultCode> = new Set([
  'tar-duplicate-path',
  'tar-below-file',
  'tar-below-whiteout',
  'tar-hardlink-forward',
  'tar-hardlink-lower',
  'tar-hardlink-missing',
  'tar-hardlink-directory',
  'tar-hardlink-deleted',
  'tar-whiteout-after-entry',
  'tar-whiteout-after-directory',
  'tar-whiteout-before-directory',
  'tar-whiteout-below-file',
  'tar-whiteout-under-whiteout',
]);

/** What engines refuse in a layer, or make other files of, entry by entry as it passes: a sentence each. State: what has come by. */
export class RefusedFaults {
  readonly #said: string[] = [];
  readonly #faults = new LayerFaults(({ code, message }) => void (refused.has(code) && this.#said.push(message)));

  /** Looks at one entry (image-spec layer.md). */
  add(entry: LayerEntry): void {
    this.#faults.add(entry);
  }

  /** The layer is at its end: all of them. */
  finish(): readonly string[] {
    this.#faults.finish();
    return this.#said;
  }
}
