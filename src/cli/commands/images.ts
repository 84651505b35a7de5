import { type Command, excludes } from '../command.ts';
import { imagesFields, imagesText } from '../images-text.ts';
import { printJson, warn } from '../output.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

export const images: Command = {
  name: 'images',
  alias: 'ls',
  describe: 'list the images of layouts and archives',
  positionals: [{ name: 'place', describe: 'layouts and archives', completes: 'place', many: true }],
  options: [
    { name: 'all', alias: 'a', kind: 'flag', describe: 'those without a name as well' },
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
    shared.format,
  ],
  rules: [
    ...excludes(
      'quiet',
      [{ option: 'format', except: ['table', 'raw'] }, 'digests'],
      'it prints image IDs and nothing else',
    ),
    ...excludes('digests', [{ option: 'format', except: ['table', 'raw', 'json'] }], 'a template says what it prints'),
  ],
  examples: [
    ['ocikit images img', 'as docker images prints them'],
    [
      "ocikit images img --filter 'reference=fig*' --format '{{.Repository}}:{{.Tag}} {{.Size}}'",
      'some of them, a line each',
    ],
  ],
  library: ['images(places, options)', 'ImageRow[]'],
  fields: imagesFields,
  environment: ['TZ'],
  run: async (words, io) => {
    const { images } = await import('../../ops/images.ts');
    const now = io.now().getTime();
    const warnings: string[] = [];
    const options = {
      ...given({ all: words.flag('all'), filters: words.texts('filter'), now, signal: io.signal }),
      warnings,
    };
    const rows = await images(words.texts('place'), options);
    if (words.flag('json')) printJson(io, rows);
    else io.stdout(await imagesText(rows, words, now));
    warn(io, warnings);
    return warnings.length === 0 ? 0 : 1;
  },
};
