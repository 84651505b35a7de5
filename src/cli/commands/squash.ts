import { changeOptions, changeRules, printChange, readChangeOptions } from '../change-options.ts';
import { type Command, excludes } from '../command.ts';
import { compressionOptions, compressionRules, readCompression, takenOver } from '../compression-options.ts';
import { withProgress } from '../progress.ts';
import { given } from '../words.ts';

export const squash: Command = {
  name: 'squash',
  describe: 'one layer for several: all, a range, or all above a base',
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' }],
  options: [
    { name: 'layers', kind: 'text', value: 'A..B', default: 'all', describe: 'only these layers, 1 for the lowest' },
    {
      name: 'from-base',
      default: 'all layers',
      kind: 'text',
      value: 'IMAGE',
      completes: 'image',
      describe: 'only the layers above those of this image',
    },
    ...compressionOptions,
    ...changeOptions,
  ],
  rules: [...excludes('layers', ['from-base'], 'the base says which layers'), ...changeRules, ...compressionRules],
  examples: [
    ['ocikit squash img:app -t flat', 'one layer of all'],
    ['ocikit squash img:app --from-base img:base', 'one layer of what is mine, the base as it is'],
  ],
  details: [
    'The merged root filesystem stays as it is: owners, modes, times to the nanosecond, extended attributes and hardlinks across the layers. Whiteouts survive where something in the layers below is hidden by them, and nowhere else. What is below and above keeps its bytes.',
    "The lines of history of the squashed layers stay, as lines without a layer; behind the last of them stands the new layer's. Where the layers come to nothing there is no new layer, and its line says so. One layer alone is left as it is.",
    'A base is told by its diffIDs, so that one which is stored with another compression is the same base. A file of the layers below that has got another name in the new layer is copied into it, under all its names, since engines cannot link to a layer below; a warning says so.',
    takenOver,
  ],
  library: ['squash(image, options)', 'SquashResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    const { squash } = await import('../../ops/squash.ts');
    const options = given({
      ...readChangeOptions(words, io),
      ...readCompression(words),
      layers: words.text('layers'),
      fromBase: words.text('from-base'),
    });
    const result = await withProgress(words, io, work => squash(words.word('image'), { ...options, ...work }));
    printChange(io, words, result);
    return 0;
  },
};
