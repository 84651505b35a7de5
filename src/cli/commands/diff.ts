import type { Command } from '../command.ts';
import { diffForm } from '../diff-forms.ts';
import { diffOptions, diffRules, readDiffOptions } from '../diff-options.ts';
import { rootNote } from '../diff-rows.ts';
import { diffFields, diffTexts } from '../diff-text.ts';
import { hasColor } from '../environment.ts';
import { jsonLine } from '../json-text.ts';
import { printTexts, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';

export const diff: Command = {
  name: 'diff',
  describe: 'what differs between two images or root filesystems, or between a bundle and its image',
  positionals: [
    { name: 'old', describe: 'an image, a directory, a tar or a bundle', completes: 'image' },
    { name: 'new', describe: 'the same; where there is none, OLD is a bundle', optional: true, completes: 'image' },
  ],
  options: diffOptions,
  rules: diffRules,
  examples: [
    ['ocikit diff work/', 'what changed in a bundle since it was unpacked'],
    ['ocikit diff img:base img:figlet --reasons --ignore mtime', 'two images, and why each path is listed'],
  ],
  details: [
    'A is added, C changed, D deleted; the directories above a change are C; a deleted directory is one D; the root itself is listed by --reasons, --format and --json alone, where its mode, owner or attributes differ (it counts for --exit-code, and a warning tells of it otherwise); rows are in the order of path bytes. What counts: content, type, mode, owner, device numbers, link target, extended attributes, hardlinks, and the mtime (whole seconds) of what is no directory.',
    "--config adds a row for each field of the images' configs, by its JSON pointer (C config:/config/User), in every form of output. --semantic is --ignore mtime; between two images it compares the config as far as it changes behaviour too.",
    '--paths looks at nothing else: a directory in which no glob can match is not opened, and hardlinks count among what is looked at. A mount in a directory is not walked and counts as what the other side has there; one warning names the mounts, --cross-mounts walks them.',
    'In text, control characters, bytes that are not UTF-8 and the backslash are escaped. In JSON a path is exact, and where it is not UTF-8 there is pathBytes (base64) beside a readable form.',
    '--packages and --layers are answers of their own: files are not compared then. Packages: A added, D deleted, U upgraded, W downgraded (by the order of versions of their kind), C changed otherwise, and by how many bytes each grew. Layers of two images side by side, the lowest first: = the same contents, ~ the same line of history and others, + and - only one of them has.',
  ],
  library: ['diff(old, new, options)', 'DiffResult'],
  no: 'with --exit-code: there are differences',
  fields: diffFields,
  run: async (words, io) => {
    const answer = await diffForm(words, io);
    if (answer !== undefined) return answer;
    const { diff } = await import('../../ops/diff.ts');
    const options = readDiffOptions(words, io);
    const result = await withProgress(words, io, work =>
      diff(words.word('old'), words.text('new'), { ...options, ...work }),
    );
    const isListed = words.flag('json') || words.flag('reasons') || words.text('format') !== undefined;
    printWarnings(io, words, [...result.warnings, ...(isListed ? [] : rootNote(result.changes))]);
    const texts = words.flag('json') ? jsonLine(result) : await diffTexts(result, words, hasColor(words, io));
    await printTexts(io, texts, words.flag('null') ? 'latin1' : 'utf8');
    const differs = result.changes.length + result.config.length > 0;
    return words.flag('exit-code') && differs ? 1 : 0;
  },
};
