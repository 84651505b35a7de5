import { OciError } from '../errors.ts';
import type { BuildOptions } from '../ops/build/options.ts';
import type { Io } from './io.ts';
import type { Words } from './words.ts';

/** Runs this command line again as root of a user namespace of its own; answers its status, or undefined for root, who needs none. */
async function runAgain(io: Io, ids: 'own' | 'all'): Promise<number | undefined> {
  const { again, env: environment } = io;
  if (again === undefined) return undefined;
  const { ProgramSignals, runInOwnNamespace } = await import('../ops/run/own-namespace.ts');
  const signals = new ProgramSignals();
  const release = io.passSignals?.(signals);
  try {
    return await runInOwnNamespace({ words: again, environment, signals, ids });
  } finally {
    release?.();
  }
}

/** The same for a program. In what is kept, all files stay the caller's own, so that whatever reads them afterwards can: nobody else is there. */
export async function runProgramAgain(operand: string, io: Io): Promise<number | undefined> {
  if (io.again === undefined) return undefined;
  const { isKept } = await import('../ops/run/own-namespace.ts');
  return runAgain(io, (await isKept(operand)) ? 'own' : 'all');
}

/** The same for a build that runs something; what comes on standard input cannot be looked at before. Without a namespace what a cache has is still built. */
export async function buildAgain(words: Words, io: Io, options: BuildOptions): Promise<number | undefined> {
  if (io.again === undefined || options.runner === 'none') return undefined;
  const context = words.word('context');
  const isStream = context === '-' || words.text('file') === '-';
  if (!isStream) {
    const { hasRun } = await import('../ops/build/has-run.ts');
    if (!(await hasRun(context, words.texts('tag'), options))) return undefined;
  }
  try {
    return await runAgain(io, 'all');
  } catch (error) {
    if (error instanceof OciError && error.code === 'unsupported') return undefined;
    throw error;
  }
}
