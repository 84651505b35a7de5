export { runInOwnNamespace } from '../../runner/own-namespace.ts';
export { ProgramSignals } from '../../runner/signals.ts';
