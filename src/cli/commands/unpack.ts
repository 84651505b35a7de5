import { type Command, shared } from '../command.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { given } from '../words.ts';

export const unpack: Command = {
  name: 'unpack',
  describe: 'write an image as a root filesystem',
  positionals: [
    { name: 'image', describe: 'PATH[:NAME][@DIGEST]' },
    { name: 'directory', describe: 'where to; nothing is ever written outside it' },
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
  run: async (words, io) => {
    const { unpack } = await import('../../ops/unpack.ts');
    const options = given({
      platform: words.text('platform'),
      bundle: words.flag('bundle'),
      force: words.flag('force'),
      strict: words.flag('strict'),
      hostPlatform: io.hostPlatform,
    });
    const result = await withProgress(words, io, progress =>
      unpack(words.word('image'), words.word('directory'), { ...options, progress }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    return 0;
  },
};
