import { readTextFile } from '../../store/disk/text-file.ts';

/** The variables of a file as docker's `--env-file` has it: `NAME=VALUE` or `NAME` a line, nothing quoted; empty lines and those that begin with # say nothing. */
export function readEnvironmentFile(path: string): readonly string[] {
  return readTextFile(path)
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map(line => line.trimStart())
    .filter(line => line !== '' && !line.startsWith('#'));
}
