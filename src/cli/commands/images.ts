import type { OciError } from '../../errors.ts';
import { type Command, excludes } from '../command.ts';
import { reportAll } from '../failure.ts';
import { imagesFields, imagesText } from '../images-text.ts';
import type { Io } from '../io.ts';
import { printJson, warn, withNotices } from '../output.ts';
import { shared } from '../shared-options.ts';
import { layerTreeText, sharedText } from '../sharing-text.ts';
import { given, type Words } from '../words.ts';

const sizes = ['stored', 'uncompressed'] as const;

const aboutRows = ['all', 'quiet', 'digests', 'no-trunc', 'filter', 'size', 'format'];

async function printSharing(words: Words, io: Io): Promise<number> {
  const { sharing } = await import('../../ops/sharing.ts');
  const results = [];
  for (const place of words.texts('place')) results.push(await withNotices(words, io, work => sharing(place, work)));
  const warnings = results.flatMap(result => result.warnings);
  if (words.flag('json')) printJson(io, results.length === 1 ? results[0] : results);
  else
    for (const result of results)
      io.stdout(`${words.flag('tree') ? layerTreeText(result) : ''}${words.flag('shared') ? sharedText(result) : ''}`);
  warn(io, warnings);
  return warnings.length === 0 ? 0 : 1;
}

export const images: Command = {
  name: 'images',
  alias: 'ls',
  describe: 'list the images of layouts and archives',
  positionals: [{ name: 'place', describe: 'layouts and archives', completes: 'place', many: true }],
  options: [
    { name: 'all', alias: 'a', kind: 'flag', describe: 'artifacts, and images that are listed and not there, as well' },
    { name: 'quiet', alias: 'q', kind: 'flag', isForm: true, describe: 'image IDs only' },
    { name: 'digests', kind: 'flag', describe: "a column with the manifests' digests" },
    shared.noTrunc,
    {
      name: 'filter',
      alias: 'f',
      kind: 'texts',
      value: 'KEY=VALUE',
      describe: 'dangling, label, before, since, reference or until; may be repeated',
    },
    {
      name: 'size',
      kind: 'text',
      choices: sizes,
      default: 'stored',
      describe: 'what SIZE counts: the blobs as they are stored, or the files in the layers, which are read',
    },
    {
      name: 'shared',
      kind: 'flag',
      describe: 'the bytes that each shares with others, and those that go with it alone',
    },
    { name: 'tree', kind: 'flag', describe: 'which layers images begin with alike, drawn as a tree' },
    shared.format,
  ],
  rules: [
    ...excludes('shared', aboutRows, 'it is a table of its own'),
    ...excludes('tree', aboutRows, 'it is a drawing of its own'),
    ...excludes('json', ['tree'], 'JSON of shared has the tree'),
    ...excludes(
      'quiet',
      [{ option: 'format', except: ['table', 'raw'] }, 'digests', 'size'],
      'it prints image IDs and nothing else',
    ),
    ...excludes('digests', [{ option: 'format', except: ['table', 'raw', 'json'] }], 'a template says what it prints'),
  ],
  examples: [
    ['ocikit images img', 'as docker images prints them'],
    ["ocikit images img --filter 'reference=fig*' --format '{{.Tag}} {{.Size}}'", 'some of them, a line each'],
  ],
  details: [
    'A filter takes names as they are operands (reference=img:*, before=img:git) and as docker spells them. Where several places are listed, a column says which; one that cannot be read is an error beside the list of the others.',
    '--shared counts stored bytes of blobs by their digests: UNIQUE is what untag and gc of that entry alone would free. --tree goes by diffIDs, so that layers that are compressed otherwise count as the same. Both may be given; --json of --shared has both.',
  ],
  no: 'entries are damaged or missing: the others are listed',
  library: ['images(places, options)', 'ImageRow[]'],
  fields: imagesFields,
  environment: ['TZ'],
  run: async (words, io) => {
    if (words.flag('shared') || words.flag('tree')) return printSharing(words, io);
    const { images } = await import('../../ops/images.ts');
    const now = io.now().getTime();
    const warnings: string[] = [];
    const errors: OciError[] = [];
    const options = {
      ...given({ all: words.flag('all'), filters: words.texts('filter'), now, signal: io.signal }),
      ...given({ size: sizes.find(name => name === words.text('size')) }),
      warnings,
      errors,
    };
    const notices: string[] = [];
    const rows = await images(words.texts('place'), { ...options, notices });
    if (words.flag('json')) printJson(io, rows);
    else if (rows.length > 0 || errors.length === 0)
      io.stdout(await imagesText(rows, words, { now, zone: io.env['TZ'] }));
    warn(io, [...notices, ...warnings]);
    return reportAll(errors, io) || (warnings.length === 0 ? 0 : 1);
  },
};
