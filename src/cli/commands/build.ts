import { usage } from '../../errors.ts';
import type { BuildOptions } from '../../ops/build-options.ts';
import { type Command, excludes } from '../command.ts';
import { compressionOptions, compressionRules, readCompression } from '../compression-options.ts';
import { createdTime } from '../environment.ts';
import { printFindings } from '../findings-text.ts';
import type { Io } from '../io.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given, type Words } from '../words.ts';

/** `NAME=VALUE`; a name alone takes its value from the environment, and is not given where there is none. */
function argumentsOf(words: Words, io: Io): readonly string[] {
  return (
    words.texts('build-arg')?.flatMap(text => {
      if (text.includes('=')) return [text];
      const value = io.env[text];
      return value === undefined ? [] : [`${text}=${value}`];
    }) ?? []
  );
}

function optionsOf(words: Words, io: Io): BuildOptions {
  return given({
    file: words.text('file'),
    target: words.text('target'),
    buildArguments: argumentsOf(words, io),
    contexts: words.texts('build-context'),
    bases: words.texts('base-layout'),
    labels: words.texts('label'),
    annotations: words.texts('annotation'),
    platform: words.text('platform'),
    hostPlatform: io.hostPlatform,
    created: createdTime(words, io),
    ...readCompression(words),
    dryRun: words.flag('dry-run'),
  });
}

export const build: Command = {
  name: 'build',
  describe: 'an image of a Dockerfile that runs nothing, or what is wrong with a Dockerfile',
  positionals: [{ name: 'context', describe: 'a directory', completes: 'file' }],
  options: [
    {
      name: 'tag',
      alias: 't',
      kind: 'text',
      value: 'LAYOUT[:NAME]',
      completes: 'image',
      describe: 'where the image goes',
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
  ],
  rules: [
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
  ],
  examples: [
    ['ocikit build . -t img:site --base-layout bases/', 'COPY over a base, without a daemon, a store or root'],
    [
      'ocikit build --check .',
      "what BuildKit's linter finds, with line and column; exit status 1 where anything is found",
    ],
  ],
  details: [
    'Every instruction of a Dockerfile is read and evaluated as BuildKit does, in all stages that the target needs; COPY, ADD and WORKDIR each make a layer out of the context and of the images, without unpacking anything. The files belong to root, whoever has them. RUN is refused, and so is what is on the network: unpack the base with --bundle, change it with anything, and commit it.',
    'FROM and --from find an image by its name: in --build-context, then in each --base-layout, then in the layout of -t; there by its full name, by the name that people say, or by its tag in a layout that is called like the repository (img:base is the image base of a layout img).',
    'FILE.dockerignore beside the Dockerfile says what of the context is left out, else .dockerignore in the context.',
    'History, config and times are those of BuildKit: one layer a line, and the comment buildkit.dockerfile.v0. SOURCE_DATE_EPOCH, in the environment or as a --build-arg, sets every time that is written, and then the same input gives the same bytes; files keep the times that they have.',
    'What is printed is the digest of the manifest.',
  ],
  library: ['build(context, image, options)', 'BuildResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  no: 'with `--check`: something was found',
  run: async (words, io) => {
    const options = optionsOf(words, io);
    const context = words.word('context');
    if (words.flag('check')) {
      const { checkBuild } = await import('../../ops/check-build.ts');
      return printFindings(io, words, await checkBuild(context, options));
    }
    const image = words.text('tag');
    if (image === undefined)
      throw usage('--tag', 'expected LAYOUT[:NAME], got nothing', 'it says where the image goes');
    const { build } = await import('../../ops/build.ts');
    const result = await withProgress(words, io, work => build(context, image, { ...options, ...work }));
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else io.stdout(`${result.manifest}\n`);
    return 0;
  },
};
