import { usage } from '../errors.ts';
import type { BuildOptions, CheckBuildOptions } from '../ops/build-options.ts';
import { excludes, type Option, type Rule } from './command.ts';
import { compressionOptions, compressionRules, readCompression } from './compression-options.ts';
import { givenTime, nowTime } from './environment.ts';
import type { Io } from './io.ts';
import { shared } from './shared-options.ts';
import { given, type Words } from './words.ts';

export const buildOptions: readonly Option[] = [
  {
    name: 'tag',
    alias: 't',
    kind: 'texts',
    value: 'LAYOUT[:NAME]',
    completes: 'image',
    describe: 'where the image goes; may be repeated',
  },
  {
    name: 'file',
    alias: 'f',
    kind: 'text',
    value: 'FILE',
    completes: 'file',
    default: 'CONTEXT/Dockerfile',
    describe: 'the Dockerfile',
  },
  {
    name: 'target',
    kind: 'text',
    value: 'STAGE',
    default: 'the last',
    describe: 'the stage to build, by name or number',
  },
  {
    name: 'build-arg',
    kind: 'texts',
    value: 'NAME[=VALUE]',
    describe: 'a value for ARG, of the environment where none is said; may be repeated',
  },
  {
    name: 'build-context',
    kind: 'texts',
    value: 'NAME=PLACE',
    describe: 'a directory, or an image (oci:LAYOUT:NAME), that FROM or COPY --from calls NAME; may be repeated',
  },
  {
    name: 'base-layout',
    kind: 'texts',
    value: 'PLACE',
    completes: 'file',
    describe: 'a layout or an archive to look for images in, by name; may be repeated',
  },
  { name: 'label', kind: 'texts', value: 'NAME=VALUE', describe: 'on the config; may be repeated' },
  { name: 'annotation', kind: 'texts', value: 'KEY=VALUE', describe: 'on the manifest; may be repeated' },
  {
    ...shared.platform,
    kind: 'texts',
    default: "the host's, on linux",
    describe: 'what the image is for: OS/ARCH[/VARIANT]; of several (with commas, or repeated) an index is made',
  },
  {
    name: 'cache-from',
    kind: 'texts',
    value: 'PLACE',
    completes: 'file',
    describe: 'a layout or an archive with cached steps, beside the layout of -t; may be repeated',
  },
  {
    name: 'cache-to',
    kind: 'text',
    value: 'LAYOUT',
    completes: 'file',
    default: 'the layout of -t',
    describe: 'where it is kept what each step made',
  },
  { name: 'no-cache', kind: 'flag', describe: 'do every step anew' },
  {
    name: 'no-cache-filter',
    kind: 'texts',
    value: 'STAGE',
    describe: 'do the steps of these stages anew; may be repeated',
  },
  {
    name: 'created',
    kind: 'text',
    value: 'TIME',
    default: 'SOURCE_DATE_EPOCH, else now',
    describe: 'when the image was made (RFC 3339)',
  },
  ...compressionOptions,
  { name: 'check', kind: 'flag', describe: "only look for what is wrong with the Dockerfile, by BuildKit's rules" },
  shared.dryRun,
];

export const buildRules: readonly Rule[] = [
  ...excludes(
    'check',
    [
      'tag',
      'target',
      'build-context',
      'base-layout',
      'label',
      'annotation',
      'created',
      'cache-from',
      'cache-to',
      'no-cache',
      'no-cache-filter',
      'dry-run',
      'compression',
      'level',
      'compressor',
    ],
    'nothing is built',
  ),
  ...compressionRules,
];

/**
 * `NAME=VALUE`; a name alone takes its value from the environment, and is not given where there is none. SOURCE_DATE_EPOCH is one where the
 * environment has it.
 */
function argumentsOf(words: Words, io: Io): readonly string[] {
  const said = words.texts('build-arg').flatMap(text => {
    if (text.includes('=')) return [text];
    const value = io.env[text];
    return value === undefined ? [] : [`${text}=${value}`];
  });
  const epoch = io.env['SOURCE_DATE_EPOCH'];
  const isSaid = said.some(text => text.startsWith('SOURCE_DATE_EPOCH='));
  return isSaid || epoch === undefined || epoch === '' ? said : [...said, `SOURCE_DATE_EPOCH=${epoch}`];
}

/** A layout's path, or in docker's words `type=local,src=PATH` and `type=local,dest=PATH`. */
function cachePlace(text: string, option: string): string {
  if (!/^type=/.test(text)) return text;
  const fields = new Map(text.split(',').map(field => [field.split('=', 1)[0], field.slice(field.indexOf('=') + 1)]));
  const place = fields.get('dest') ?? fields.get('src');
  if (fields.get('type') === 'local' && place !== undefined) return place;
  throw usage(
    `--${option}`,
    `expected a layout, or type=local with its path, got '${text}'`,
    'a cache is a layout: skopeo and ocikit copy bring one from and to elsewhere',
  );
}

/** What says which Dockerfile it is, and what it is evaluated with. */
export function readCheckOptions(words: Words, io: Io): CheckBuildOptions {
  return given({
    file: words.text('file'),
    buildArguments: argumentsOf(words, io),
    platform: words.texts('platform')[0],
    hostPlatform: io.hostPlatform,
    signal: io.signal,
  });
}

export function readBuildOptions(words: Words, io: Io): BuildOptions {
  return given({
    file: words.text('file'),
    buildArguments: argumentsOf(words, io),
    platforms: words.texts('platform').flatMap(text => text.split(',')),
    hostPlatform: io.hostPlatform,
    target: words.text('target'),
    contexts: words.texts('build-context'),
    bases: words.texts('base-layout'),
    labels: words.texts('label'),
    annotations: words.texts('annotation'),
    created: givenTime(words.text('created'), 'created'),
    now: nowTime(io),
    cacheFrom: words.texts('cache-from').map(text => cachePlace(text, 'cache-from')),
    cacheTo: words.has('cache-to') ? cachePlace(words.text('cache-to') ?? '', 'cache-to') : undefined,
    noCache: words.flag('no-cache'),
    noCacheStages: words.texts('no-cache-filter').flatMap(text => text.split(',')),
    ...readCompression(words),
    dryRun: words.flag('dry-run'),
  });
}
