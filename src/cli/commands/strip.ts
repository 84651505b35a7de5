import { changeOptions, changeRules, printChange, readChangeOptions } from '../change-options.ts';
import type { Command } from '../command.ts';
import { compressionOptions, compressionRules, readCompression, takenOver } from '../compression-options.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

export const strip: Command = {
  name: 'strip',
  describe: 'paths out of every layer that holds them, for good',
  positionals: [
    { name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' },
    { name: 'paths', describe: 'files and directories in the image', many: true },
  ],
  options: [
    { name: 'keep-links', kind: 'flag', describe: 'other names of the removed files stay, and so their bytes' },
    shared.redact,
    ...compressionOptions,
    ...changeOptions,
  ],
  rules: [...changeRules, ...compressionRules],
  examples: [
    ['ocikit strip img:app /root/.ssh/id_rsa', 'a key that should never have been there'],
    ['ocikit strip img:app /var/cache/apt /usr/share/doc -t slim', 'directories, with all that is in them'],
  ],
  details: [
    'A path is removed from every layer that holds it or something below it, and so are the whiteouts of it and every other name (hardlink) of a removed file, in whatever layer: no byte of it is left in any layer. A path counts as it is spelled, and where it leads through symbolic links. Layers that hold nothing of it keep their bytes; one that has nothing else goes, and its line of history stays as one without a layer.',
    'Warnings name the hardlinks that went, files of the same contents that are still there, and the lines of history that name what was removed: --redact takes a text out of them. The old layers stay in the layout until gc removes them, as long as nothing else leads to them; attestations may say more of a secret than its file. A path that no layer has is an error.',
    takenOver,
  ],
  library: ['strip(image, paths, options)', 'StripResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    const { strip } = await import('../../ops/strip.ts');
    const options = given({
      ...readChangeOptions(words, io),
      ...readCompression(words),
      redact: words.texts('redact'),
      keepLinks: words.flag('keep-links'),
    });
    const result = await withProgress(words, io, work =>
      strip(words.word('image'), words.texts('paths'), { ...options, ...work }),
    );
    printChange(io, words, result);
    return 0;
  },
};
