import { type Command, excludes } from '../command.ts';
import { historyFields, historyText } from '../history-text.ts';
import { printJson, withNotices } from '../output.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

export const history: Command = {
  name: 'history',
  describe: "the lines of an image's history, newest first",
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' }],
  options: [
    shared.noTrunc,
    { name: 'quiet', alias: 'q', kind: 'flag', isForm: true, describe: 'image IDs only' },
    { name: 'human', alias: 'H', kind: 'flag', on: true, describe: 'sizes and times for people' },
    shared.format,
    shared.platform,
  ],
  rules: [
    ...excludes('quiet', [{ option: 'format', except: ['table'] }], 'it prints image IDs and nothing else'),
    ...excludes('quiet', ['human'], 'it prints image IDs and nothing else'),
  ],
  examples: [
    ['ocikit history img:figlet', 'as docker history prints it'],
    [
      "ocikit history img:figlet --no-trunc --format '{{.CreatedAt}} {{.CreatedBy}}'",
      'whole command lines with their times',
    ],
  ],
  library: ['history(image, options)', 'HistoryRow[]'],
  fields: historyFields,
  environment: ['TZ'],
  run: async (words, io) => {
    const { history } = await import('../../ops/history.ts');
    const choice = given({ platform: words.text('platform'), hostPlatform: io.hostPlatform });
    const rows = await withNotices(words, io, work => history(words.word('image'), { ...choice, ...work }));
    if (words.flag('json')) printJson(io, rows);
    else io.stdout(await historyText(rows, words, { now: io.now().getTime(), zone: io.env['TZ'] }));
    return 0;
  },
};
