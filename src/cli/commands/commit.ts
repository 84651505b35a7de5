import { usage } from '../../errors.ts';
import type { Command } from '../command.ts';
import { commitOptions, commitRules, readCommitOptions, readLayerOptions } from '../commit-options.ts';
import type { Io } from '../io.ts';
import { outputFile, printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import type { Words } from '../words.ts';

/** A file's name that an image would have: where a result goes is an image's place in all verbs that change one. */
function namedWarnings(file: string | undefined): readonly string[] {
  if (file === undefined || !/:[^/]*$/.test(file) || /\.(tar|tgz|gz|zst)$/i.test(file)) return [];
  return [`${file} is a file, the tar of the new layer alone (an image is named as the second operand)`];
}

/** `-o`: the layer alone, as a file or on standard output. */
async function writeLayerFile(words: Words, io: Io): Promise<number> {
  if (words.text('image') !== undefined)
    throw usage('--output', 'expected no IMAGE beside it, got one', 'the new layer is a file, or a part of an image');
  const { commitLayer, commitLayerStream } = await import('../../ops/commit-layer.ts');
  const [options, rootfs, file] = [readLayerOptions(words, io), words.word('rootfs'), outputFile(words, io)];
  if (file === undefined && words.flag('json') && !words.flag('dry-run'))
    throw usage('--json', 'expected a file as --output, got standard output', 'standard output is the tar itself');
  const result = await withProgress(words, io, async work => {
    if (file !== undefined || words.flag('dry-run')) return commitLayer(rootfs, file ?? '', { ...options, ...work });
    const { bytes, ...rest } = await commitLayerStream(rootfs, { ...options, ...work });
    await io.stdoutBytes(bytes);
    return rest;
  });
  printWarnings(io, words, [...namedWarnings(file), ...result.warnings]);
  if (!('diffID' in result)) return 0;
  if (words.flag('json')) printJson(io, result);
  else io.stdout(`${result.diffID}\n`);
  return 0;
}

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
    [
      'ocikit commit after/ --base-dir before/ -o delta.tar',
      'what differs between two directories, as the tar of a layer',
    ],
  ],
  details: [
    'The new layer holds only what differs from the base, whatever made the directory. The base of a bundle is the image that it was unpacked from, unless --base names another; without any base the root filesystem becomes an image of one layer. Where nothing differs there is no layer: the history has a line without one.',
    "Contents decide, never size and time alone, unless --trust-mtime is given. The base's config, its author, ONBUILD and fields that ocikit does not know are kept.",
    'What --exclude and --ignore-file leave out is not visited: a directory is not opened unless a later line of the file may take back something in it. What is mounted in the directory, a bind mount as well, is not walked: it stays as it is in the base, and without one it is an empty directory with the mode and owner that are seen. One warning names the mounts; --cross-mounts walks them. The layout or the file that is written, where it lies in the directory, is no part of it, and is told.',
    'Extended attributes are kept but those of the host: security.selinux, system.nfs4_acl, trusted.overlay.* and user.overlay.*.',
    'A bundle moves on to the image that is made of it: its next diff and commit are over that one, unless --keep-base leaves it where it was. Its config.json stays as it is.',
    'With --base-dir the base is another directory or tar: an image of that delta alone, or with --output its tar, plain unless the name ends in .gz, .tgz or .zst or --compression says otherwise. --output goes with every base, an image and that of a bundle too; the bundle then stays with its base.',
    'What is printed is the digest of the new manifest; with --output the diffID of the layer.',
  ],
  library: ['commit(rootfs, image, options)', 'CommitResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    if (words.text('output') !== undefined) return writeLayerFile(words, io);
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
