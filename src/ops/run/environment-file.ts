import { readTextFile } from '../../store/disk/text-file.ts';

/** The variables of a file as docker's `--env-file` has it: `NAME=VALUE` or `NAME` a line, nothing quoted; empty lines and those that begin with # say nothing. */
export async function readEnvironmentFile(path: string, signal?: AbortSignal): Promise<readonly string[]> {
  return (await readTextFile(path, signal))
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map(line => line.trimStart())
    .filter(line => line !== '' && !line.startsWith('#'));
}
