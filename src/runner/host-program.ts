import { spawnSync } from 'node:child_process';
import { systemError } from '../errors.ts';
import { hostPath } from './root-script.ts';

/** Runs a program of the system, which has little to do, to its end. Undefined where it succeeds, else why not, in its own last words. Throws where it cannot be started. */
export function hostFailure(program: string, words: readonly string[]): string | undefined {
  const options = { env: { PATH: hostPath, LC_ALL: 'C' }, encoding: 'utf8' } as const;
  const { status, stderr, error } = spawnSync(program, words, options);
  if (error !== undefined) throw systemError(error, program, 'a program that can be started');
  return status === 0 ? undefined : stderr.trim().split(': ').at(-1) || 'nothing';
}
