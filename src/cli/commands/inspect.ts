import { type OciError, usage } from '../../errors.ts';
import { type Command, excludes } from '../command.ts';
import { reportAll } from '../failure.ts';
import { inspectFields, inspectText } from '../inspect-text.ts';
import type { Io } from '../io.ts';
import { withNotices } from '../output.ts';
import { shared } from '../shared-options.ts';
import { given, type Words } from '../words.ts';

const documents = ['index', 'manifest', 'config'] as const;

export const inspect: Command = {
  name: 'inspect',
  describe: 'what docker image inspect says of images',
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image', many: true }],
  options: [
    {
      name: 'format',
      default: 'json, as docker prints it',
      alias: 'f',
      kind: 'text',
      value: 'TEMPLATE',
      isForm: true,
      describe: 'a Go template, or json',
    },
    {
      name: 'raw',
      default: 'what docker says of it',
      kind: 'text',
      choices: documents,
      isForm: true,
      describe: 'the exact bytes of one document; index: of the one that is named, else of the place',
    },
    shared.platform,
  ],
  rules: [...excludes({ option: 'raw', values: ['index'] }, ['platform'], 'an index is the same for every platform')],
  examples: [
    ["ocikit inspect img:base --format '{{json .RootFS.Layers}}'", 'one field'],
    ['ocikit inspect img:base --raw config', 'the config as it is stored'],
  ],
  library: ['inspect(images, options)', 'InspectObject[]'],
  fields: inspectFields,
  run: async (words, io) =>
    words.text('raw') === undefined ? await printObjects(words, io) : await printRaw(words, io),
};

const choiceOf = (words: Words, io: Io) => given({ platform: words.text('platform'), hostPlatform: io.hostPlatform });

/** As docker does: what was found is printed, what was not is said on stderr. */
async function printObjects(words: Words, io: Io): Promise<number> {
  const { inspect } = await import('../../ops/inspect.ts');
  const errors: OciError[] = [];
  const objects = await withNotices(words, io, work =>
    inspect(words.texts('image'), { ...choiceOf(words, io), ...work, errors }),
  );
  const format = words.flag('json') ? 'json' : words.text('format');
  io.stdout(await inspectText(objects, format));
  return reportAll(errors, io);
}

async function printRaw(words: Words, io: Io): Promise<number> {
  const { inspectRaw } = await import('../../ops/inspect.ts');
  const [image, ...more] = words.texts('image');
  const what = documents.find(name => name === words.text('raw'));
  if (image === undefined || what === undefined || more.length > 0) {
    throw usage('--raw', `expected one image, got ${words.texts('image').length}`);
  }
  const bytes = await withNotices(words, io, work => inspectRaw(image, what, { ...choiceOf(words, io), ...work }));
  io.stdout(bytes);
  return 0;
}
