import { usage } from '../../errors.ts';
import { type Command, excludes } from '../command.ts';
import type { Io } from '../io.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given, type Words } from '../words.ts';
import { writtenPath } from '../written-path.ts';

export const cp: Command = {
  name: 'cp',
  describe: 'a file or a directory out of an image, a bundle, a directory or a tar',
  positionals: [
    {
      name: 'source',
      describe: 'ROOTFS:PATH, an image, a bundle, a directory or a tar and in it a PATH beginning with a slash',
      completes: 'image',
    },
    { name: 'target', describe: 'a directory or a file; - for a tar on standard output', completes: 'file' },
  ],
  options: [
    { name: 'archive', alias: 'a', kind: 'flag', describe: 'owners and set-id bits as they are' },
    { name: 'follow-link', alias: 'L', kind: 'flag', describe: 'what a symbolic link leads to, and not the link' },
    { name: 'force', kind: 'flag', describe: 'replace what is in the way' },
    {
      name: 'merge',
      kind: 'flag',
      describe: 'into a directory that is there: files of the same names are replaced, whatever else is there stays',
    },
    shared.platform,
  ],
  rules: excludes('merge', ['force'], 'one keeps what is there, the other replaces it'),
  examples: [
    ['ocikit cp img:app:/etc ./etc', 'a directory'],
    ['ocikit cp img:app:/app/bin/. ./bin --merge', 'what is in a directory, to what is there already'],
    ['ocikit cp img:app:/usr/share/doc - | tar -t', 'as a tar'],
  ],
  details: [
    'As docker cp: into TARGET where that is a directory (only what is in it, for IMAGE:PATH/.), else as TARGET; a file takes the place of a file. Where a directory is in the way of one, --merge puts the files into it, as docker does unasked, and nothing is changed where a file and a directory would meet; --force replaces whatever is in the way. Files belong to who copies them and lose set-id bits unless --archive is given; a tar has owners and modes as they are.',
    'Symbolic links above PATH are followed inside the image, never outside. TARGET is there when all of it is.',
  ],
  library: ['cp(from, target, options)', 'CpResult'],
  run: async (words, io) => {
    const { cp, cpStream } = await import('../../ops/cp.ts');
    const [from, target] = [words.word('source'), words.word('target')];
    const options = given({
      archive: words.flag('archive'),
      followLink: words.flag('follow-link'),
      force: words.flag('force'),
      merge: words.flag('merge'),
      platform: words.text('platform'),
      hostPlatform: io.hostPlatform,
    });
    if (target === '-') checkStream(words, io);
    const result = await withProgress(words, io, async work => {
      if (target !== '-') return cp(from, writtenPath(target, 'a file'), { ...options, ...work });
      const { bytes, ...result } = await cpStream(from, { ...options, ...work });
      await io.stdoutBytes(bytes);
      return result;
    });
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    return 0;
  },
};

/** Standard output takes a tar and nothing else. */
function checkStream(words: Words, io: Io): void {
  if (io.stdoutIsTerminal)
    throw usage('stdout', 'expected a directory, a file or a pipe, got a terminal', 'name a TARGET, or send it on');
  for (const flag of ['json', 'archive', 'force', 'merge'])
    if (words.flag(flag))
      throw usage(
        `--${flag}`,
        'expected a TARGET on the disk, got -',
        'standard output is the tar itself, with owners and modes as they are',
      );
}
