import type { Command } from '../command.ts';
import { commitOptions, commitRules, readCommitOptions } from '../commit-options.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';

export const commit: Command = {
  name: 'commit',
  describe: 'a root filesystem as an image, or what differs from a base as one new layer',
  positionals: [
    { name: 'rootfs', describe: 'a directory, a tar or a bundle', completes: 'file' },
    {
      name: 'image',
      describe: 'LAYOUT[:NAME]; the layout of the bundle, untagged, where there is none',
      optional: true,
      completes: 'image',
    },
  ],
  options: commitOptions,
  rules: commitRules,
  examples: [
    [
      "ocikit commit work/ img:figlet -a Ann -m 'add figlet' -c 'CMD [\"figlet\"]'",
      'what changed in a bundle, as a layer',
    ],
    ['ocikit commit rootfs/ img:two --base img:base', 'any directory as a delta over any image'],
  ],
  details: [
    'The new layer holds only what differs from the base, whatever made the directory. The base of a bundle is the image that it was unpacked from, unless --base names another; without any base the root filesystem becomes an image of one layer. Where nothing differs there is no layer: the history has a line without one.',
    "Contents decide, never size and time alone, unless --trust-mtime is given. The base's config, its author, ONBUILD and fields that ocikit does not know are kept.",
    'What --exclude and --ignore-file leave out is not visited: a directory is not opened unless a later line of the file may take back something in it. What is mounted in the directory, a bind mount as well, is not walked: it stays as it is in the base, and without one it is an empty directory with the mode and owner that are seen. One warning names the mounts; --cross-mounts walks them.',
    'Extended attributes are kept but those of the host: security.selinux, system.nfs4_acl, trusted.overlay.* and user.overlay.*.',
    'A bundle moves on to the image that is made of it: its next diff and commit are over that one, unless --keep-base leaves it where it was. Its config.json stays as it is.',
    'What is printed is the digest of the new manifest.',
  ],
  library: ['commit(rootfs, image, options)', 'CommitResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    const { commit } = await import('../../ops/commit.ts');
    const options = readCommitOptions(words, io);
    const result = await withProgress(words, io, work =>
      commit(words.word('rootfs'), words.text('image'), { ...options, ...work }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else io.stdout(`${result.manifest}\n`);
    return 0;
  },
};
