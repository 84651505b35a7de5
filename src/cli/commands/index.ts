import { usage } from '../../errors.ts';
import type { IndexEntry } from '../../ops/results.ts';
import { withoutEdits } from '../change-options.ts';
import { type Command, excludes } from '../command.ts';
import { escapeLine } from '../escape.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { tableText } from '../table.ts';
import { given, type Words } from '../words.ts';

const actions = ['create', 'add', 'remove', 'list'] as const;

/** What an entry is, in one word. */
function kindOf({ attests, artifactType, mediaType, platform }: IndexEntry): string {
  if (attests !== null) return `attestation of ${attests}`;
  return artifactType ?? (platform === null ? mediaType : 'image');
}

function rowsOf(entries: readonly IndexEntry[]): string {
  const rows = entries.map(entry => [entry.digest, entry.platform ?? '', escapeLine(kindOf(entry))]);
  return tableText([['DIGEST', 'PLATFORM', 'WHAT'], ...rows]);
}

/** What cannot be said of a list. */
function checkAlone(words: Words): void {
  const [image] = words.texts('image');
  if (image !== undefined) throw usage('list', `expected nothing behind the index, got '${image}'`);
  for (const option of ['platform', 'annotation', 'entry-annotation', 'artifact-type', 'subject', 'nest', 'dry-run'])
    if (words.has(option)) throw usage(`--${option}`, 'expected create, add or remove before it, got list');
}

/** The word that says what to do. Throws `usage`. */
function actionOf(words: Words): (typeof actions)[number] {
  const word = words.word('action');
  const action = actions.find(name => name === word);
  if (action === undefined) throw usage('index', `expected one of ${actions.join(', ')}, got '${word}'`);
  return action;
}

export const index: Command = {
  name: 'index',
  describe: 'make, change and list multi-platform images',
  positionals: [
    { name: 'action', describe: 'create, add, remove or list', choices: actions },
    { name: 'target', describe: 'LAYOUT[:NAME] of the index', completes: 'image' },
    {
      name: 'image',
      describe: 'what it is to list, or to list no more: PATH[:NAME][@DIGEST]',
      optional: true,
      many: true,
      completes: 'image',
    },
  ],
  options: [
    {
      ...shared.platform,
      kind: 'texts',
      default: 'all',
      describe: 'which images of multi-platform ones, or which entry to remove; may be repeated',
    },
    { name: 'annotation', kind: 'texts', value: 'KEY=VALUE', describe: 'on the index; may be repeated' },
    {
      name: 'entry-annotation',
      kind: 'texts',
      value: 'KEY=VALUE',
      describe: 'on each entry that the images bring; may be repeated',
    },
    {
      name: 'artifact-type',
      default: 'none',
      kind: 'text',
      value: 'TYPE',
      describe: 'what the index is, where it is no image',
    },
    {
      name: 'subject',
      default: 'nothing',
      kind: 'text',
      value: 'IMAGE',
      completes: 'image',
      describe: 'what the index is about',
    },
    { name: 'nest', kind: 'flag', describe: 'a multi-platform image is one entry, and not what it lists' },
    shared.dryRun,
  ],
  rules: excludes('nest', ['platform'], 'it takes an index whole'),
  elsewhere: withoutEdits(
    'an index has no author, time, command or history: --annotation says what there is to say, such as org.opencontainers.image.created=TIME',
    ['annotation', 'm'],
  ),
  examples: [
    ['ocikit index create img:multi img:amd64 img:arm64', 'one name for the images of two platforms'],
    ['ocikit index add img:multi other.tar:app --platform linux/riscv64', 'one platform more, of an archive'],
  ],
  details: [
    "create lists images in the order given; of a multi-platform image what it lists, with its attestations, unless --nest is given. A single index, all of it, is taken byte for byte. The platform of an image is what its config says. Where all is docker's, it is a list of docker's.",
    'add puts an image in the place of the one for the same platform, whose attestations go; remove takes an entry away by --platform, digest or name, its attestations with it. Both reach into nested indexes, which are written anew. The last one stays: an index is never empty.',
    'An entry that is there already and is added again keeps its place and gets what --entry-annotation says.',
    'Two images for one platform are both listed by create, with a warning: engines take the first.',
    'Blobs of other layouts and archives are brought along.',
    'The library calls these createIndex, addToIndex, removeFromIndex and listIndex(target, options).',
    'What is printed is the digest of the index; list prints its entries, those of nested indexes after them.',
  ],
  library: ['createIndex(target, images, options)', 'IndexResult'],
  run: async (words, io) => {
    const { addToIndex, createIndex, listIndex, removeFromIndex } = await import('../../ops/index-images.ts');
    const action = actionOf(words);
    const options = given({
      platforms: words.texts('platform'),
      annotations: words.texts('annotation'),
      entryAnnotations: words.texts('entry-annotation'),
      artifactType: words.text('artifact-type'),
      subject: words.text('subject'),
      nest: words.flag('nest'),
      dryRun: words.flag('dry-run'),
    });
    const [target, images] = [words.word('target'), words.texts('image')];
    const edits = { create: createIndex, add: addToIndex, remove: removeFromIndex };
    if (action === 'list') checkAlone(words);
    const result = await withProgress(words, io, work =>
      action === 'list' ? listIndex(target, work) : edits[action](target, images, { ...options, ...work }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else io.stdout(action === 'list' ? rowsOf(result.entries) : `${result.manifest}\n`);
    return 0;
  },
};
