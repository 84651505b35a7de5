import { usage } from '../../errors.ts';
import type { AppendStep } from '../../ops/options.ts';
import { changeOptions, changeRules, printChange, readChangeOptions } from '../change-options.ts';
import { type Command, needs } from '../command.ts';
import { compressionOptions, compressionRules, readCompression } from '../compression-options.ts';
import type { Io } from '../io.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given, type Words } from '../words.ts';

/** `SRC:DST`; the last colon parts them. */
function added(text: string): AppendStep {
  const at = text.lastIndexOf(':');
  if (at <= 0 || at === text.length - 1) throw usage('--add', `expected SRC:DST, got '${text}'`);
  return { add: text.slice(0, at), to: text.slice(at + 1) };
}

/** What is to be done, in the order in which it was typed. */
function stepsOf(words: Words, io: Io): readonly AppendStep[] {
  if (!words.has('tar') && !words.has('add') && !words.has('delete'))
    throw usage('append', 'expected --tar, --add or --delete, got none of them', 'ocikit append --help');
  if (words.texts('tar').filter(file => file === '-').length > 1)
    throw usage('--tar', 'expected standard input once, got it more often');
  return words.inOrder(['tar', 'add', 'delete']).map(([name, value]): AppendStep => {
    if (value === '') throw usage(`--${name}`, `expected ${name === 'add' ? 'SRC:DST' : 'a path'}, got nothing`);
    if (name === 'add') return added(value);
    return name === 'tar' ? { tar: value === '-' ? io.stdin() : value } : { delete: value };
  });
}

export const append: Command = {
  name: 'append',
  describe: 'files, deletions and whole tars as new layers of an image',
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' }],
  options: [
    {
      name: 'add',
      kind: 'texts',
      value: 'SRC:DST',
      completes: 'file',
      describe: 'a file or a directory, at a path of the image; may be repeated',
    },
    { name: 'delete', kind: 'texts', value: 'PATH', describe: 'a path of the image that goes; may be repeated' },
    {
      name: 'tar',
      kind: 'texts',
      value: 'FILE',
      completes: 'file',
      describe: 'a tar that is a layer as it is, - is stdin; may be repeated',
    },
    { name: 'normalize', kind: 'flag', describe: 'a tar is written anew, so that every engine takes it' },
    { name: 'owner', kind: 'text', value: 'USER[:GROUP]', default: '0:0', describe: 'of all that is added' },
    {
      name: 'mode',
      default: 'what each has',
      kind: 'text',
      value: 'MODE',
      describe: 'of all that is added: 0755, or u=rwX,go=rX',
    },
    { name: 'exclude', kind: 'texts', value: 'GLOB', describe: 'paths below SRC to leave out; may be repeated' },
    shared.ignoreFile,
    ...compressionOptions,
    ...changeOptions,
  ],
  rules: [
    ...changeRules,
    ...compressionRules,
    needs('normalize', ['tar'], 'it is about tars'),
    ...['owner', 'mode', 'exclude', 'ignore-file'].map(name => needs(name, ['add'], 'it is about what is added')),
  ],
  examples: [
    [
      'ocikit append base.tar:node -o out:app --add dist:/app/dist --add package.json:/app/ --owner node -c \'CMD ["node","/app/dist/main.js"]\'',
      'an application over a base, without a daemon',
    ],
    [
      'ocikit append img:app -t slim --delete /var/cache/apt --tar extra.tar.gz',
      'a deletion, and a layer made elsewhere',
    ],
  ],
  details: [
    'All --add and --delete of one call are one layer, in the place of the first of them; each --tar is one of its own. What is there already, bytes and attributes, makes no layer.',
    'SRC goes where cp -r puts it: into DST where that is a directory, a file also where DST ends in /, else to DST itself; DIR/. is what is in DIR. Symbolic links in DST are followed inside the root, and so is one in the image where SRC has a directory. Directories of the image keep their attributes, new ones above DST are 0755. Times are those of the files.',
    "Names in --owner are those of the image's own passwd and group; of a number alone the group is that number where the image knows no such user.",
    '--exclude and --ignore-file speak of paths below SRC.',
    'A tar is stored byte for byte, plain, gzip or zstd (one in bzip2 or xz is stored as gzip); its diffID is computed. It is refused where an engine would refuse it: one path twice, a hardlink to what is not earlier in it, a whiteout beside its own file, names that lead out of the root. With --normalize the first three are mended: the layer is what image-spec makes of the tar over the image, each path once, links to files of the image copied, compressed as --compression says.',
    'Attestations of the old image are left out: its files are others now.',
  ],
  library: ['append(image, steps, options)', 'AppendResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    const { append } = await import('../../ops/append.ts');
    const steps = stepsOf(words, io);
    const options = given({
      ...readChangeOptions(words, io),
      ...readCompression(words),
      normalize: words.flag('normalize'),
      owner: words.text('owner'),
      mode: words.text('mode'),
      exclude: words.texts('exclude'),
      ignoreFile: words.text('ignore-file'),
    });
    const result = await withProgress(words, io, work => append(words.word('image'), steps, { ...options, ...work }));
    printChange(io, words, result);
    return 0;
  },
};
