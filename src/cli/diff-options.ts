import type { DiffOptions } from '../ops/options.ts';
import { excludes, needs, type Option, type Rule } from './command.ts';
import type { Io } from './io.ts';
import { crossesMounts, mountOptions, mountRules } from './mount-options.ts';
import { shared } from './shared-options.ts';
import { wholeNumber } from './whole-number.ts';
import { given, type Words } from './words.ts';

/** The options of `diff`. */
export const diffOptions: readonly Option[] = [
  { name: 'ignore', kind: 'texts', value: 'ASPECT,…', describe: 'what does not count: mtime, owner, mode, xattr, …' },
  { name: 'semantic', kind: 'flag', describe: 'only what changes behaviour; of two images the config too' },
  { name: 'exit-code', kind: 'flag', describe: 'exit with 1 where there are differences' },
  { name: 'stat', kind: 'flag', isForm: true, describe: 'counts and bytes by top-level directory' },
  { name: 'name-only', kind: 'flag', isForm: true, describe: 'paths alone' },
  { name: 'reasons', kind: 'flag', describe: 'why each path is listed' },
  { name: 'null', alias: 'z', kind: 'flag', describe: 'rows end with NUL, and nothing is escaped' },
  { name: 'config', kind: 'flag', describe: "the images' configs as well" },
  { name: 'paths', kind: 'texts', value: 'GLOB', describe: 'only these; may be repeated' },
  { name: 'manifest', kind: 'flag', describe: "the images' manifests as well" },
  { name: 'text', kind: 'texts', value: 'GLOB', describe: 'a unified diff of contents of these; may be repeated' },
  { name: 'renames', kind: 'flag', describe: 'a file that is gone and one like it that has come are one' },
  {
    name: 'similarity',
    default: '50',
    range: '1 to 100; 100 is equal contents alone, and nothing more is read',
    kind: 'text',
    value: 'PERCENT',
    describe: 'how much of a renamed file is the same at least',
  },
  { name: 'packages', kind: 'flag', describe: 'which packages differ, and no files' },
  { name: 'layers', kind: 'flag', describe: "two images' layers side by side, and no files" },
  { name: 'all-platforms', kind: 'flag', describe: 'two multi-platform images, platform by platform' },
  ...mountOptions,
  {
    name: 'format',
    default: 'a line a path, as docker diff has it',
    kind: 'text',
    value: 'TEMPLATE',
    isForm: true,
    describe: 'a Go template a path, or json',
  },
  shared.platform,
  shared.trustMtime,
  shared.strict,
];

/** What is about files, where those are not compared. */
const aboutFiles = [
  ...['ignore', 'semantic', 'stat', 'name-only', 'reasons', 'null', 'config', 'manifest', 'paths', 'format'],
  ...['text', 'renames', 'similarity', 'all-platforms'],
  ...['one-file-system', 'cross-mounts', 'trust-mtime', 'strict'],
];

/** What of them cannot be meant together. */
export const diffRules: readonly Rule[] = [
  ...excludes('reasons', ['stat', 'name-only', 'format'], 'it adds to the lines that are printed otherwise'),
  ...excludes('null', ['stat', 'json'], 'it ends the rows of a list'),
  ...excludes('trust-mtime', [{ option: 'ignore', values: ['content'] }], 'contents are then not compared at all'),
  ...excludes('text', ['name-only', 'reasons'], 'it prints contents in place of a list'),
  needs('similarity', ['renames'], 'it says which files count as renamed'),
  ...excludes('all-platforms', ['platform'], 'it takes all of them'),
  ...excludes('all-platforms', ['null', 'format'], 'a line between the rows says whose they are'),
  ...excludes('all-platforms', ['one-file-system', 'cross-mounts'], 'images have no mounts'),
  ...mountRules,
  ...excludes('packages', [...aboutFiles, 'layers'], 'files are not compared'),
  ...excludes('layers', aboutFiles, 'files are not compared'),
];

/** What `diff` was asked to do. */
export function readDiffOptions(words: Words, io: Io): DiffOptions {
  return given({
    ignore: words.texts('ignore').flatMap(text => text.split(',')),
    semantic: words.flag('semantic'),
    paths: words.texts('paths'),
    crossMounts: crossesMounts(words),
    config: words.flag('config'),
    manifest: words.flag('manifest'),
    text: words.texts('text'),
    renames: words.flag('renames'),
    similarity: wholeNumber(words.text('similarity'), '--similarity'),
    stat: words.flag('stat') && words.texts('text').length === 0,
    trustMtime: words.flag('trust-mtime'),
    platform: words.text('platform'),
    hostPlatform: io.hostPlatform,
    strict: words.flag('strict'),
  });
}
