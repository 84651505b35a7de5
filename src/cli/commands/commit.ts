import type { Command } from '../command.ts';
import { commitOptions, readCommitOptions } from '../commit-options.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';

export const commit: Command = {
  name: 'commit',
  describe: 'a root filesystem as an image, or what differs from a base as one new layer',
  positionals: [
    { name: 'rootfs', describe: 'a directory, a tar or a bundle' },
    {
      name: 'image',
      describe: 'LAYOUT[:NAME]; the layout of the bundle, untagged, where there is none',
      optional: true,
    },
  ],
  options: commitOptions,
  examples: [
    [
      "ocikit commit work/ img:figlet -a Ann -m 'add figlet' -c 'CMD [\"figlet\"]'",
      'what changed in a bundle, as a layer',
    ],
    ['ocikit commit rootfs/ img:two --base img:base', 'any directory as a delta over any image'],
  ],
  run: async (words, io) => {
    const { commit } = await import('../../ops/commit.ts');
    const options = readCommitOptions(words, io);
    const result = await withProgress(words, io, progress =>
      commit(words.word('rootfs'), words.text('image'), { ...options, progress }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else io.stdout(`${result.manifest}\n`);
    return 0;
  },
};
