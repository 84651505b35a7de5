import type { ChangeOptions } from '../ops/options.ts';
import type { ChangeResult } from '../ops/results.ts';
import { excludes, type Option, type Rule } from './command.ts';
import { givenTime, nowTime } from './environment.ts';
import { escapeLine } from './escape.ts';
import type { Io } from './io.ts';
import { printJson, printWarnings } from './output.ts';
import { shared } from './shared-options.ts';
import { given, type Words } from './words.ts';

/** Where a result goes: for every verb that makes an image of an image. */
export const placeOptions: readonly Option[] = [
  {
    name: 'tag',
    default: "the source's own name moves",
    alias: 't',
    kind: 'text',
    value: 'NAME',
    describe: "the result's name in the same layout",
  },
  {
    name: 'output',
    alias: 'o',
    kind: 'text',
    value: 'PLACE[:NAME]',
    completes: 'image',
    default: "the source's own name moves",
    describe: 'another layout or archive (FILE.tar) to write the result to',
  },
];

/** What is said of the result. */
export const editOptions: readonly Option[] = [
  {
    name: 'change',
    alias: 'c',
    kind: 'texts',
    value: 'INSTRUCTION',
    describe: 'a Dockerfile instruction (CMD, ENV, …); may be repeated',
  },
  { name: 'author', default: 'as it is', alias: 'a', kind: 'text', value: 'AUTHOR', describe: 'who made the image' },
  {
    name: 'message',
    default: 'none',
    alias: 'm',
    kind: 'text',
    value: 'MESSAGE',
    describe: 'the comment of the new line of history',
  },
  {
    name: 'created',
    kind: 'text',
    value: 'TIME',
    default: 'where anything changes SOURCE_DATE_EPOCH, else now',
    describe: 'when the image was made (RFC 3339)',
  },
  {
    name: 'created-by',
    kind: 'text',
    value: 'TEXT',
    default: 'what was changed',
    describe: 'what the new line of history says',
  },
  { name: 'annotation', kind: 'texts', value: 'KEY=VALUE', describe: 'on the manifest; may be repeated' },
];

/** Which images of a multi-platform one are changed. */
export const platformOptions: readonly Option[] = [
  shared.platform,
  { name: 'all-platforms', kind: 'flag', describe: 'every image of a multi-platform image' },
];

/** All options that the verbs share which make an image of an image. */
export const changeOptions: readonly Option[] = [
  ...placeOptions,
  ...editOptions,
  ...platformOptions,
  shared.datedDryRun,
];

/** What of these cannot be meant together. */
export const changeRules: readonly Rule[] = [
  ...excludes('tag', ['output'], 'an output has a name of its own'),
  ...excludes('platform', ['all-platforms'], 'one platform or all of them'),
];

/** What was said of the result. Throws `usage`. */
export function readChangeOptions(words: Words, io: Io): ChangeOptions {
  return given({
    tag: words.text('tag'),
    output: words.text('output'),
    platform: words.text('platform'),
    hostPlatform: io.hostPlatform,
    allPlatforms: words.flag('all-platforms'),
    created: givenTime(words.text('created'), 'created'),
    now: nowTime(io),
    author: words.text('author'),
    message: words.text('message'),
    createdBy: words.text('created-by'),
    instructions: words.texts('change'),
    annotations: words.texts('annotation'),
    dryRun: words.flag('dry-run'),
  });
}

/** What a change answers, and where it makes several images what stands for each. */
interface PrintedChange extends ChangeResult {
  readonly entries?: readonly Pick<ChangeResult, 'manifest'>[];
}

/** What there is all the same, where the result goes elsewhere. */
function whereUnchanged(words: Words): string {
  const place = words.text('tag') ?? words.text('output');
  if (place === undefined || words.flag('dry-run')) return '';
  return `: ${escapeLine(place)} is the image as it was`;
}

/** Prints what a change answers: the digest of the result, or of each of several, or all of it as JSON. */
export function printChange(io: Io, words: Words, result: PrintedChange): void {
  printWarnings(io, words, result.warnings);
  if (!result.isChanged && !words.flag('quiet')) io.stderr(`ocikit: nothing to change${whereUnchanged(words)}\n`);
  if (words.flag('json')) printJson(io, result);
  else io.stdout((result.entries ?? [result]).map(({ manifest }) => `${manifest}\n`).join(''));
}

/** Why a verb that makes something else than an image of an image has none of those options; `said` are those that it does have. */
export function withoutEdits(why: string, said: readonly string[] = []): Readonly<Record<string, string>> {
  const words = editOptions.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]));
  return Object.fromEntries(words.filter(word => !said.includes(word)).map(word => [word, why]));
}
