import { locate } from '../../store/locate.ts';
import { OpenPlaces } from '../../store/open-operand.ts';
import type { Operand } from '../../store/parse-operand.ts';

export { runInOwnNamespace } from '../../runner/own-namespace.ts';
export { ProgramSignals } from '../../runner/signals.ts';

/** Whether a run changes files that are kept. Throws `not-found`. */
export const isKept = async (rootfs: Operand): Promise<boolean> =>
  (await locate(rootfs, new OpenPlaces({}))).kind === 'bundle';
