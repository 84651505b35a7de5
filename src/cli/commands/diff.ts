import type { Command } from '../command.ts';
import { diffForm } from '../diff-forms.ts';
import { diffOptions, diffRules, readDiffOptions } from '../diff-options.ts';
import { rowCount } from '../diff-rows.ts';
import { diffFields, diffTexts, silentNotes } from '../diff-text.ts';
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
    ["ocikit diff img:base img:figlet --text '/etc/**'", 'what changed in the files of a directory, as a patch'],
  ],
  details: [
    'A is added, C changed, D deleted; the directories above a change are C; a deleted directory is one D; the root itself is listed by --reasons, --format and --json alone, where its mode, owner or attributes differ (it counts for --exit-code, and a warning tells of it otherwise); rows are in the order of path bytes. What counts: content, type, mode, owner, device numbers, link target, extended attributes, hardlinks, and the mtime (whole seconds) of what is no directory.',
    "--config adds a row for each field of the images' configs, by its JSON pointer (C config:/config/User), in every form of output. --semantic is --ignore mtime; between two images it compares the config as far as it changes behaviour too.",
    '--paths looks at nothing else: a directory in which no glob can match is not opened, what goes with a directory that no glob matches is listed itself, and hardlinks count among what is looked at. A mount in a directory is not walked and counts as what the other side has there; one warning names the mounts, --cross-mounts walks them.',
    'In text, control characters, bytes that are not UTF-8 and the backslash are escaped. In JSON a path is exact, and where it is not UTF-8 there is pathBytes (base64) beside a readable form.',
    "--text prints a unified diff as git's in place of the list: of files, and of symbolic links by their targets, that match its globs and whose contents or modes differ, with all bits of a mode. Contents are their very bytes, so that patch(1) takes them; on a terminal what it would act on is escaped, with -z nothing is, and each file's part ends with NUL. A file with a NUL among its first 8000 bytes is binary, one of more than 8 MiB (or all together of more than 128 MiB) too large: it says so. With --stat the lines that were added and deleted are counted, as git's --stat has them. In --json and --format rows have text.",
    "--renames makes one row, R /old → /new, of a file that is gone and one that has come: with equal contents first (of several the one of the same name), then the most similar ones, as git's -M has it (up to 1 MiB each; by equal contents alone where more than 1000 are to be compared). With -z the two paths have NUL between them; --name-only has the new one; a deleted directory is one D still. For --exit-code a rename is a difference.",
    '--manifest adds a row for each field of the manifests (C manifest:/annotations/team): media types, annotations, layers in their order, and under /entry what the index says of the image: platform, annotations. What a digest stands for is another question: --layers, --config.',
    '--all-platforms compares two multi-platform images platform by platform, and names the platforms that only one of them has, which counts for --exit-code.',
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
    printWarnings(io, words, [...result.warnings, ...silentNotes(result, words)]);
    if (words.flag('json')) await printTexts(io, jsonLine(result));
    else {
      const look = { color: hasColor(words, io), isTerminal: io.stdoutIsTerminal };
      const { texts, encoding } = await diffTexts(result, words, look);
      await printTexts(io, texts, encoding);
    }
    return words.flag('exit-code') && rowCount(result) > 0 ? 1 : 0;
  },
};
