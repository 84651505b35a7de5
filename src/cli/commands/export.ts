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
      'ocikit export img:figlet | tar -x --delay-directory-restore -C rootfs',
      'through a pipe; GNU tar sets directory times last when told so',
    ],
  ],
  details: [
    'Whiteouts are applied, hardlinks across layers kept; the same bytes each time. What has no body is written first, then files as they stand in the layers. GNU tar comes back to a directory that it has left, and needs --delay-directory-restore for its time, and for no setgid bit to pass from a directory to one in it; bsdtar and docker import need nothing.',
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
