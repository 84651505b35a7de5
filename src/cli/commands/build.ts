import { usage } from '../../errors.ts';
import { buildOptions, buildRules, readBuildOptions, readCheckOptions } from '../build-options.ts';
import type { Command } from '../command.ts';
import { printFindings } from '../findings-text.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';

export const build: Command = {
  name: 'build',
  describe: 'an image of a Dockerfile that runs nothing, or what is wrong with a Dockerfile',
  positionals: [{ name: 'context', describe: 'a directory', completes: 'file' }],
  options: buildOptions,
  rules: buildRules,
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
    'History, config and times are those of BuildKit: one layer a line, and the comment buildkit.dockerfile.v0. SOURCE_DATE_EPOCH, in the environment or as a --build-arg, sets every time that is written, no file of a new layer is younger, and then the same input gives the same bytes.',
    'What each step made is kept in the layout of -t, or with --cache-to in another one, as artifacts that gc and copy understand (`gc --untagged` drops them), and found again by what it was made of: what is below it, the instruction, and the contents of what it copies, with their names, kinds, modes and extended attributes, without their times. What is found is held to its digest and not unpacked; a record that is damaged is told of and not used. An image whose steps are all found is the same to the last byte.',
    'What is printed is the digest of the manifest.',
  ],
  library: ['build(context, images, options)', 'BuildResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  no: 'with `--check`: something was found',
  run: async (words, io) => {
    const context = words.word('context');
    if (words.flag('check')) {
      const { checkBuild } = await import('../../ops/check-build.ts');
      return printFindings(io, words, await checkBuild(context, readCheckOptions(words, io)));
    }
    const images = words.texts('tag');
    if (images.length === 0)
      throw usage('--tag', 'expected LAYOUT[:NAME], got nothing', 'it says where the image goes');
    const { build } = await import('../../ops/build.ts');
    const options = readBuildOptions(words, io);
    const result = await withProgress(words, io, work => build(context, images, { ...options, ...work }));
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else io.stdout(`${result.manifest}\n`);
    return 0;
  },
};
