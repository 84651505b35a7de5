import type { CommitLayerOptions } from '../ops/layer-options.ts';
import type { CommitOptions, ImportOptions } from '../ops/options.ts';
import { excludes, type Option, type Rule } from './command.ts';
import { compressionOptions, compressionRules, readCompression } from './compression-options.ts';
import { clampTime, createdTime } from './environment.ts';
import type { Io } from './io.ts';
import { crossesMounts, mountOptions, mountRules } from './mount-options.ts';
import { shared } from './shared-options.ts';
import { given, type Words } from './words.ts';

const changeOption: Option = {
  name: 'change',
  alias: 'c',
  kind: 'texts',
  value: 'INSTRUCTION',
  describe: 'a Dockerfile instruction (CMD, ENV, …); may be repeated',
};
const authorOption: Option = {
  name: 'author',
  default: 'as it is in the base',
  alias: 'a',
  kind: 'text',
  value: 'AUTHOR',
  describe: 'who made the image',
};
const createdOption: Option = {
  name: 'created',
  kind: 'text',
  value: 'TIME',
  default: 'SOURCE_DATE_EPOCH, else now',
  describe: 'when the image was made (RFC 3339)',
};
const messageOption: Option = {
  name: 'message',
  default: "none; of import docker's: Imported from -",
  alias: 'm',
  kind: 'text',
  value: 'MESSAGE',
  describe: 'the comment in the history',
};
const annotationOption: Option = {
  name: 'annotation',
  kind: 'texts',
  value: 'KEY=VALUE',
  describe: 'on the manifest; may be repeated',
};
const platformOption: Option = {
  ...shared.platform,
  default: "the base's, else the host's on linux",
  describe: "the image's platform: OS/ARCH[/VARIANT]",
};

/** The options of `import`. */
export const importOptions: readonly Option[] = [
  changeOption,
  authorOption,
  messageOption,
  createdOption,
  platformOption,
  ...compressionOptions,
  annotationOption,
  {
    name: 'allow-empty',
    kind: 'flag',
    describe: 'no bytes at all on standard input are an empty root filesystem',
  },
  shared.datedDryRun,
];

/** The options of `commit`. */
export const commitOptions: readonly Option[] = [
  {
    name: 'base',
    kind: 'text',
    value: 'IMAGE',
    completes: 'image',
    default: 'what a bundle was unpacked from',
    describe: 'what the new layer is a delta over',
  },
  {
    name: 'base-dir',
    default: 'none',
    kind: 'text',
    value: 'DIR',
    completes: 'file',
    describe: 'another directory or tar that the new layer is a delta over',
  },
  {
    name: 'output',
    default: 'the image goes into the layout',
    alias: 'o',
    kind: 'text',
    value: 'FILE',
    completes: 'file',
    describe: 'only the new layer, as a tar; - is standard output',
  },
  authorOption,
  messageOption,
  createdOption,
  changeOption,
  {
    name: 'created-by',
    default: 'the command of the image',
    kind: 'text',
    value: 'TEXT',
    describe: 'the command line in the history',
  },
  platformOption,
  ...compressionOptions,
  {
    name: 'exclude',
    kind: 'texts',
    value: 'GLOB',
    describe: 'paths to leave as they are in the base; may be repeated',
  },
  shared.ignoreFile,
  ...mountOptions,
  {
    name: 'owner',
    default: 'what each file has',
    kind: 'text',
    value: 'UID:GID',
    describe: 'the owner of every entry',
  },
  { name: 'clamp-mtime', kind: 'flag', describe: 'no file time later than SOURCE_DATE_EPOCH' },
  shared.trustMtime,
  annotationOption,
  { name: 'squash', kind: 'flag', describe: 'one layer that holds everything' },
  {
    name: 'keep-base',
    kind: 'flag',
    describe: 'a bundle stays on the image that it was unpacked from, and does not move on to the one that is made',
  },
  {
    name: 'pause',
    alias: 'p',
    kind: 'flag',
    describe: 'accepted for the sake of old scripts; nothing runs here that could be paused',
  },
  shared.strict,
  shared.datedDryRun,
];

/** What options of `commit` cannot mean together. */
export const commitRules: readonly Rule[] = [
  ...excludes('base-dir', ['base', 'squash', 'keep-base'], 'the new layer is a delta over one thing'),
  ...excludes(
    'output',
    ['author', 'message', 'created', 'change', 'created-by', 'annotation', 'squash', 'keep-base'],
    'a layer alone has no config',
  ),
  ...excludes('trust-mtime', ['squash'], 'one layer of everything is compared with nothing'),
  ...mountRules,
  ...compressionRules,
];

/** What `import` was asked to do, and `commit` as well. Throws `usage`. */
export function readImportOptions(words: Words, io: Io): ImportOptions {
  return given({
    author: words.text('author'),
    message: words.text('message'),
    instructions: words.texts('change'),
    created: createdTime(words, io),
    platform: words.text('platform'),
    hostPlatform: io.hostPlatform,
    ...readCompression(words),
    annotations: words.texts('annotation'),
    dryRun: words.flag('dry-run'),
  });
}

type DeltaOptions = Omit<CommitLayerOptions, keyof ImportOptions>;

/** Which layer a commit is to make. Throws `usage`. */
function readDeltaOptions(words: Words, io: Io): DeltaOptions {
  return given({
    base: words.text('base'),
    baseDir: words.text('base-dir'),
    exclude: words.texts('exclude'),
    ignoreFile: words.text('ignore-file'),
    crossMounts: crossesMounts(words),
    owner: words.text('owner'),
    clampMtime: clampTime(words, io),
    trustMtime: words.flag('trust-mtime'),
    strict: words.flag('strict'),
  });
}

/** What `commit` was asked to do. Throws `usage`. */
export function readCommitOptions(words: Words, io: Io): CommitOptions {
  return given({
    ...readImportOptions(words, io),
    ...readDeltaOptions(words, io),
    createdBy: words.text('created-by'),
    squash: words.flag('squash'),
    keepBase: words.flag('keep-base'),
  });
}

/** What `commit -o` was asked to do. Throws `usage`. */
export function readLayerOptions(words: Words, io: Io): CommitLayerOptions {
  return given({
    ...readDeltaOptions(words, io),
    platform: words.text('platform'),
    hostPlatform: io.hostPlatform,
    ...readCompression(words),
    dryRun: words.flag('dry-run'),
  });
}
