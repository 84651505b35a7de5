import type { CommitOptions } from '../ops/options.ts';
import { type Option, shared } from './command.ts';
import { compressionOptions, readCompression } from './compression-options.ts';
import { clampTime, createdTime } from './environment.ts';
import type { Io } from './io.ts';
import { given, type Words } from './words.ts';

/** The options of `commit`. */
export const commitOptions: readonly Option[] = [
  { name: 'base', kind: 'text', value: 'IMAGE', describe: 'what the new layer is a delta over' },
  { name: 'author', alias: 'a', kind: 'text', value: 'AUTHOR', describe: 'who made the image' },
  { name: 'message', alias: 'm', kind: 'text', value: 'MESSAGE', describe: 'the comment in the history' },
  {
    name: 'change',
    alias: 'c',
    kind: 'texts',
    value: 'INSTRUCTION',
    describe: 'a Dockerfile instruction (CMD, ENV, …); may be repeated',
  },
  { name: 'created-by', kind: 'text', value: 'TEXT', describe: 'the command line in the history' },
  { ...shared.platform, describe: "the image's platform: OS/ARCH[/VARIANT]" },
  ...compressionOptions,
  {
    name: 'exclude',
    kind: 'texts',
    value: 'GLOB',
    describe: 'paths to leave as they are in the base; may be repeated',
  },
  { name: 'ignore-file', kind: 'text', value: 'FILE', describe: 'a file of .dockerignore patterns' },
  { name: 'owner', kind: 'text', value: 'UID:GID', describe: 'the owner of every entry' },
  { name: 'clamp-mtime', kind: 'flag', describe: 'no file time later than SOURCE_DATE_EPOCH' },
  shared.trustMtime,
  { name: 'annotation', kind: 'texts', value: 'KEY=VALUE', describe: 'on the manifest; may be repeated' },
  { name: 'squash', kind: 'flag', describe: 'one layer that holds everything' },
  shared.strict,
  shared.dryRun,
];

/** What `commit` was asked to do. Throws `usage`. */
export function readCommitOptions(words: Words, io: Io): CommitOptions {
  return given({
    base: words.text('base'),
    author: words.text('author'),
    message: words.text('message'),
    changes: words.texts('change'),
    createdBy: words.text('created-by'),
    created: createdTime(io),
    platform: words.text('platform'),
    hostPlatform: io.hostPlatform,
    ...readCompression(words),
    exclude: words.texts('exclude'),
    ignoreFile: words.text('ignore-file'),
    owner: words.text('owner'),
    clampMtime: clampTime(words, io),
    trustMtime: words.flag('trust-mtime'),
    annotations: words.texts('annotation'),
    squash: words.flag('squash'),
    strict: words.flag('strict'),
    dryRun: words.flag('dry-run'),
  });
}
