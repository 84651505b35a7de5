import type { Command } from '../command.ts';
import { printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

export const cat: Command = {
  name: 'cat',
  describe: 'the contents of files of an image, a bundle, a directory or a tar',
  positionals: [
    { name: 'rootfs', describe: 'an image, a bundle, a directory or a tar', completes: 'image' },
    { name: 'path', describe: 'in it', many: true },
  ],
  options: [shared.platform],
  hasJson: false,
  examples: [
    ['ocikit cat img:app /etc/os-release', 'one file, symbolic links followed inside the image'],
    ['ocikit cat img:app /usr/lib/libz.so.1 | sha256sum', 'its very bytes'],
  ],
  details: [
    'Several files come one after the other, as they are named. All are looked up before the first byte: where one is not there or is no file, nothing is printed.',
  ],
  library: ['catStream(rootfs, paths, options)', 'CatResult'],
  run: async (words, io) => {
    const { catStream } = await import('../../ops/cat.ts');
    const options = given({ platform: words.text('platform'), hostPlatform: io.hostPlatform });
    const result = await withProgress(words, io, async work => {
      const found = await catStream(words.word('rootfs'), words.texts('path'), { ...options, ...work });
      await io.stdoutBytes(found.bytes);
      return found;
    });
    printWarnings(io, words, result.warnings);
    return 0;
  },
};
