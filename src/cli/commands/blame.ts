import { blameText } from '../blame-text.ts';
import { type Command, excludes } from '../command.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

export const blame: Command = {
  name: 'blame',
  describe: 'which layers and lines of history added, changed, hid or deleted a path',
  positionals: [
    { name: 'rootfs', describe: 'an image, a bundle, a directory or a tar', completes: 'image' },
    { name: 'path', describe: 'in it' },
  ],
  options: [shared.noTrunc, shared.platform],
  rules: [...excludes('no-trunc', ['json'], 'JSON is whole anyway')],
  examples: [
    ['ocikit blame img:app /etc/passwd', 'a line a layer that touched it, the lowest first'],
    ['ocikit blame img:app /root/.ssh/id_rsa --json', 'what became of a file that is gone'],
  ],
  details: [
    'add, modify (contents, or where a link leads), metadata (attributes or hardlinks alone), rewrite (the same again, in a copy of its own), replace (another type), delete (a whiteout of the path), opaque (an opaque whiteout of a directory above), hide (a directory above went, or is none any more). Layer #1 is the lowest.',
    'Symbolic links above the path are followed as they led in each layer; the last name is not. What is no image is one step, of no layer (-).',
  ],
  library: ['blame(rootfs, path, options)', 'BlameResult'],
  run: async (words, io) => {
    const { blame } = await import('../../ops/blame.ts');
    const options = given({ platform: words.text('platform'), hostPlatform: io.hostPlatform });
    const result = await withProgress(words, io, work =>
      blame(words.word('rootfs'), words.word('path'), { ...options, ...work }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else io.stdout(blameText(result, words));
    return 0;
  },
};
