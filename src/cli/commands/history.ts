import { type Command, excludes } from '../command.ts';
import { escapeText } from '../escape.ts';
import { historyFields, historyText } from '../history-text.ts';
import type { Io } from '../io.ts';
import { printJson, withNotices } from '../output.ts';
import { shared } from '../shared-options.ts';
import { given, type Words } from '../words.ts';

async function printDockerfile(words: Words, io: Io): Promise<number> {
  const { dockerfileOf } = await import('../../ops/dockerfile-of.ts');
  const choice = given({ platform: words.text('platform'), hostPlatform: io.hostPlatform });
  const text = await withNotices(words, io, work => dockerfileOf(words.word('image'), { ...choice, ...work }));
  io.stdout(escapeText(text));
  return 0;
}

export const history: Command = {
  name: 'history',
  describe: "the lines of an image's history, newest first",
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' }],
  options: [
    shared.noTrunc,
    { name: 'quiet', alias: 'q', kind: 'flag', isForm: true, describe: 'image IDs only' },
    {
      name: 'dockerfile',
      kind: 'flag',
      isForm: true,
      describe: 'a Dockerfile, as far as history and config tell of one',
    },
    { name: 'human', alias: 'H', kind: 'flag', on: true, describe: 'sizes and times for people' },
    shared.format,
    shared.platform,
  ],
  rules: [
    ...excludes('quiet', [{ option: 'format', except: ['table'] }], 'it prints image IDs and nothing else'),
    ...excludes('quiet', ['human'], 'it prints image IDs and nothing else'),
    ...excludes('dockerfile', ['human', 'no-trunc'], 'a Dockerfile is whole, and has no sizes or times'),
  ],
  examples: [
    ['ocikit history img:figlet', 'as docker history prints it'],
    [
      "ocikit history img:figlet --no-trunc --format '{{.CreatedAt}} {{.CreatedBy}}'",
      'whole command lines with their times',
    ],
  ],
  details: [
    '--dockerfile prints a Dockerfile that parses, oldest line first, whose instructions say the config; what the history does not is appended. Names of sources, other stages, flags of RUN and what FROM named are not recorded by any builder: comments say so, and a layer that no instruction stands for is an ADD of a tar.',
  ],
  library: ['history(image, options)', 'HistoryRow[]'],
  fields: historyFields,
  environment: ['TZ'],
  run: async (words, io) => {
    if (words.flag('dockerfile')) return printDockerfile(words, io);
    const { history } = await import('../../ops/history.ts');
    const choice = given({ platform: words.text('platform'), hostPlatform: io.hostPlatform });
    const rows = await withNotices(words, io, work => history(words.word('image'), { ...choice, ...work }));
    if (words.flag('json')) printJson(io, rows);
    else io.stdout(await historyText(rows, words, { now: io.now().getTime(), zone: io.env['TZ'] }));
    return 0;
  },
};
