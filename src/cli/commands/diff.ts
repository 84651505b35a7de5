import type { DiffOptions } from '../../ops/options.ts';
import { type Command, shared } from '../command.ts';
import { diffText } from '../diff-text.ts';
import { hasColor } from '../environment.ts';
import type { Io } from '../io.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { given, type Words } from '../words.ts';

export const diff: Command = {
  name: 'diff',
  describe: 'what differs between two images or root filesystems, or between a bundle and its image',
  positionals: [
    { name: 'old', describe: 'an image, a directory, a tar or a bundle' },
    { name: 'new', describe: 'the same; where there is none, OLD is a bundle', optional: true },
  ],
  options: [
    { name: 'ignore', kind: 'texts', value: 'ASPECT,…', describe: 'what does not count: mtime, owner, mode, xattr, …' },
    { name: 'semantic', kind: 'flag', describe: 'only what changes behaviour' },
    { name: 'exit-code', kind: 'flag', describe: 'exit with 1 where there are differences' },
    { name: 'stat', kind: 'flag', describe: 'counts and bytes by top-level directory' },
    { name: 'name-only', kind: 'flag', describe: 'paths alone' },
    { name: 'reasons', kind: 'flag', describe: 'why each path is listed' },
    { name: 'config', kind: 'flag', describe: "the images' configs as well" },
    { name: 'paths', kind: 'texts', value: 'GLOB', describe: 'only these; may be repeated' },
    { name: 'format', kind: 'text', value: 'TEMPLATE', describe: 'a Go template a path, or json' },
    shared.platform,
    shared.trustMtime,
    shared.strict,
  ],
  examples: [
    ['ocikit diff work/', 'what changed in a bundle since it was unpacked'],
    ['ocikit diff img:base img:figlet --reasons --ignore mtime', 'two images, and why each path is listed'],
  ],
  run: async (words, io) => {
    const { diff } = await import('../../ops/diff.ts');
    const options = diffOptions(words, io);
    const result = await withProgress(words, io, progress =>
      diff(words.word('old'), words.text('new'), { ...options, progress }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, words.flag('config') ? result : result.changes);
    else io.stdout(await diffText(result, words, hasColor(words, io)));
    const differs = result.changes.length + result.config.length > 0;
    return words.flag('exit-code') && differs ? 1 : 0;
  },
};

function diffOptions(words: Words, io: Io): DiffOptions {
  return given({
    ignore: words.texts('ignore').flatMap(text => text.split(',')),
    semantic: words.flag('semantic'),
    paths: words.texts('paths'),
    config: words.flag('config'),
    trustMtime: words.flag('trust-mtime'),
    platform: words.text('platform'),
    hostPlatform: io.hostPlatform,
    strict: words.flag('strict'),
  });
}
