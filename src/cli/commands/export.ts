import type { Command } from '../command.ts';
import { outputFile, outputOption, printJson, printWarnings, tarRule } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

export const exportCommand: Command = {
  name: 'export',
  describe: 'the merged root filesystem as one tar',
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' }],
  options: [outputOption, shared.platform, shared.dryRun],
  rules: [tarRule],
  examples: [
    ['ocikit export img:figlet -o rootfs.tar', 'a tar that GNU tar, bsdtar and docker import take'],
    [
      "ocikit export img:figlet | tar -xp --xattrs --xattrs-include='*' --delay-directory-restore -C rootfs",
      'through a pipe, with all that GNU tar keeps only when told so',
    ],
  ],
  details: [
    'Whiteouts are applied, hardlinks across layers kept; the same bytes each time. Files come as they stand in the layers, a directory right before the first thing in it. As root, "tar -xp" of GNU tar and bsdtar gives everything its mode and owner. GNU tar needs --xattrs --xattrs-include=\'*\' for extended attributes (capabilities are such), and --delay-directory-restore for the times of directories that an upper layer comes back to (and, not as root, to get into those that may not be written to). bsdtar and docker import need nothing.',
  ],
  library: ['exportImage(image, file, options)', 'ExportResult'],
  run: async (words, io) => {
    const { exportImage, exportStream } = await import('../../ops/export-image.ts');
    const options = given({
      platform: words.text('platform'),
      dryRun: words.flag('dry-run'),
      hostPlatform: io.hostPlatform,
    });
    const image = words.word('image');
    const file = outputFile(words, io);
    const result = await withProgress(words, io, async work => {
      if (file !== undefined || words.flag('dry-run')) return exportImage(image, file ?? '', { ...options, ...work });
      const { bytes, ...result } = await exportStream(image, { ...options, ...work });
      await io.stdoutBytes(bytes);
      return result;
    });
    printWarnings(io, words, result.warnings);
    if (words.flag('json') && (file !== undefined || words.flag('dry-run'))) printJson(io, result);
    else if (words.flag('dry-run')) io.stdout(`${result.manifest}\n`);
    return 0;
  },
};
