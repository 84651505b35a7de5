import { changeOptions, changeRules, printChange, readChangeOptions } from '../change-options.ts';
import { type Command, excludes } from '../command.ts';
import { withProgress } from '../progress.ts';
import { given } from '../words.ts';

export const drop: Command = {
  name: 'drop',
  describe: 'an image without some of its layers',
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' }],
  options: [
    {
      name: 'layers',
      default: 'those that --created-by says',
      kind: 'text',
      value: 'A..B',
      describe: 'which layers, 1 for the lowest',
    },
    {
      name: 'created-by',
      default: 'those that --layers says',
      kind: 'text',
      value: 'GLOB',
      describe: 'the layers whose line of history says such a command; * stands for anything',
    },
    {
      name: 'materialize',
      kind: 'flag',
      describe: 'upper layers take over files that they link to and attributes of directories',
    },
    ...changeOptions.filter(({ name }) => name !== 'created-by'),
  ],
  rules: [...excludes('layers', ['created-by'], 'one of them says which layers'), ...changeRules],
  examples: [
    ["ocikit drop img:app --created-by '*apt-get clean*'", 'what a command did is undone'],
    ['ocikit drop img:app --layers 4.. -t lower --json', 'all above the third layer, and which paths that changes'],
  ],
  details: [
    'Whole layers go with their lines of history; lines without a layer stay, and all other layers keep their bytes. Warnings say how many paths are gone, back (a dropped layer hid them) and otherwise, and name the first; --json has all of them, as diff has.',
    'Where an upper layer links to a file that only a dropped layer had, nothing is done: with --materialize that layer is written anew and has the file itself, and directories that only a dropped layer described keep their attributes.',
  ],
  library: ['drop(image, options)', 'DropResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    const { drop } = await import('../../ops/drop.ts');
    const { createdBy: _glob, ...said } = readChangeOptions(words, io);
    const options = given({
      ...said,
      layers: words.text('layers'),
      createdBy: words.text('created-by'),
      materialize: words.flag('materialize'),
    });
    const result = await withProgress(words, io, work => drop(words.word('image'), { ...options, ...work }));
    printChange(io, words, result);
    return 0;
  },
};
