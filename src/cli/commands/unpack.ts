import type { Command } from '../command.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

export const unpack: Command = {
  name: 'unpack',
  describe: 'write an image as a root filesystem',
  positionals: [
    { name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' },
    { name: 'directory', describe: 'where to; nothing is ever written outside it', completes: 'directory' },
  ],
  options: [
    { name: 'bundle', kind: 'flag', describe: 'a runtime bundle: config.json and rootfs/' },
    { name: 'force', kind: 'flag', describe: 'replace what is in the way' },
    shared.platform,
    shared.strict,
  ],
  examples: [
    ['ocikit unpack img:base work --bundle', 'a bundle that runc, diff and commit take'],
    ['ocikit unpack img:base rootfs --platform linux/arm64', 'the files alone, of another platform'],
  ],
  details: [
    'The directory appears only when all of it is there. As root, owners, devices and extended attributes are real; otherwise what could not be set is said (--strict makes that an error).',
    'With --bundle the directory is a runtime bundle (config.json and rootfs/) that remembers the image and a stat index as git has one, so that diff and commit read only what may have changed.',
  ],
  library: ['unpack(image, directory, options)', 'UnpackResult'],
  run: async (words, io) => {
    const { unpack } = await import('../../ops/unpack.ts');
    const options = given({
      platform: words.text('platform'),
      bundle: words.flag('bundle'),
      force: words.flag('force'),
      strict: words.flag('strict'),
      hostPlatform: io.hostPlatform,
    });
    const result = await withProgress(words, io, work =>
      unpack(words.word('image'), words.word('directory'), { ...options, ...work }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    return 0;
  },
};
