import { excludes, type Option, type Rule } from './command.ts';
import type { Words } from './words.ts';

/** What becomes of mounts in a directory that is walked. */
export const mountOptions: readonly Option[] = [
  { name: 'one-file-system', kind: 'flag', describe: 'mounts in a directory are not walked; this is the default' },
  { name: 'cross-mounts', kind: 'flag', describe: 'what is mounted in a directory is walked as well' },
];

export const mountRules: readonly Rule[] = excludes(
  'cross-mounts',
  ['one-file-system'],
  'mounts are walked or they are not',
);

/** Whether mounts are walked. */
export const crossesMounts = (words: Words): boolean => words.flag('cross-mounts') && !words.flag('one-file-system');
