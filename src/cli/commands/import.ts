import type { Command } from '../command.ts';
import { importOptions, readImportOptions } from '../commit-options.ts';
import { compressionRules } from '../compression-options.ts';
import { filledStdin } from '../filled-stdin.ts';
import type { Io } from '../io.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import type { Words } from '../words.ts';

const input = (words: Words, io: Io): AsyncIterable<Uint8Array> =>
  filledStdin(io, {
    expected: 'a tar',
    hint: '--allow-empty takes it for an empty root filesystem',
    mayBeEmpty: words.flag('allow-empty'),
  });

export const importCommand: Command = {
  name: 'import',
  describe: 'the tar of a root filesystem as an image of one layer',
  positionals: [
    { name: 'file', describe: 'a tar, plain or compressed; - is stdin', completes: 'file' },
    { name: 'image', describe: 'LAYOUT[:NAME]', completes: 'image' },
  ],
  options: importOptions,
  rules: compressionRules,
  elsewhere: { 'created-by': "the line of history that import writes has no command, as docker's has none" },
  examples: [
    ['ocikit import rootfs.tar.gz img:base -c \'CMD ["sh"]\'', 'a gzip tar becomes the layer as it is'],
    ['docker export box | ocikit import - img:box -m "what box was"', 'what a container holds, as an image'],
  ],
  details: [
    "Docker's rules for import: one line of history with the message and no command, and a config of the --change instructions alone. A gzip or zstd input is kept byte for byte as the layer; a tar that is plain, bzip2 or xz is compressed.",
  ],
  library: ['importRootfs(file, image, options)', 'ImportResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    const { importRootfs } = await import('../../ops/import-rootfs.ts');
    const file = words.word('file');
    const options = readImportOptions(words, io);
    const result = await withProgress(words, io, work =>
      importRootfs(file === '-' ? input(words, io) : file, words.word('image'), { ...options, ...work }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else io.stdout(`${result.manifest}\n`);
    return 0;
  },
};
