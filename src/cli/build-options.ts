import type { BuildOptions, CheckBuildOptions } from '../ops/build-options.ts';
import { excludes, type Option, type Rule } from './command.ts';
import { compressionOptions, compressionRules, readCompression } from './compression-options.ts';
import { createdTime } from './environment.ts';
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
  { ...shared.platform, default: "the host's, on linux", describe: 'what the image is for: OS/ARCH[/VARIANT]' },
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
      'dry-run',
      'compression',
      'level',
      'compressor',
    ],
    'nothing is built',
  ),
  ...compressionRules,
];

/** `NAME=VALUE`; a name alone takes its value from the environment, and is not given where there is none. */
function argumentsOf(words: Words, io: Io): readonly string[] {
  return (
    words.texts('build-arg').flatMap(text => {
      if (text.includes('=')) return [text];
      const value = io.env[text];
      return value === undefined ? [] : [`${text}=${value}`];
    }) ?? []
  );
}

/** What says which Dockerfile it is, and what it is evaluated with. */
export function readCheckOptions(words: Words, io: Io): CheckBuildOptions {
  return given({
    file: words.text('file'),
    buildArguments: argumentsOf(words, io),
    platform: words.text('platform'),
    hostPlatform: io.hostPlatform,
    signal: io.signal,
  });
}

export function readBuildOptions(words: Words, io: Io): BuildOptions {
  return given({
    ...readCheckOptions(words, io),
    target: words.text('target'),
    contexts: words.texts('build-context'),
    bases: words.texts('base-layout'),
    labels: words.texts('label'),
    annotations: words.texts('annotation'),
    created: createdTime(words, io),
    ...readCompression(words),
    dryRun: words.flag('dry-run'),
  });
}
