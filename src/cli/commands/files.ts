import type { OciError } from '../../errors.ts';
import { type Command, excludes } from '../command.ts';
import { reportAll } from '../failure.ts';
import { filesTexts } from '../files-text.ts';
import { jsonLine } from '../json-text.ts';
import { printTexts, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { wholeNumber } from '../whole-number.ts';
import { given } from '../words.ts';

export const files: Command = {
  name: 'files',
  describe: 'what lies in an image, a bundle, a directory or a tar, without unpacking it',
  positionals: [
    { name: 'rootfs', describe: 'an image, a bundle, a directory or a tar', completes: 'image' },
    { name: 'path', describe: 'in it; its root where there is none', optional: true, many: true },
  ],
  options: [
    { name: 'long', alias: 'l', kind: 'flag', describe: 'mode, names, owner, size, time and layer of each, as ls -l' },
    {
      name: 'recursive',
      alias: 'R',
      kind: 'flag',
      describe: 'everything below, not only what is in a directory itself',
    },
    {
      name: 'depth',
      kind: 'text',
      value: 'N',
      default: '1, or all with -R and --tree',
      describe: 'so many levels below',
    },
    { name: 'tree', kind: 'flag', isForm: true, describe: 'everything below, drawn as a tree' },
    { name: 'null', alias: 'z', kind: 'flag', describe: 'paths end with NUL, and nothing is escaped' },
    shared.platform,
  ],
  rules: [
    ...excludes('long', ['tree', 'json'], 'it is a form of lines'),
    ...excludes('null', ['tree', 'json', 'long'], 'it ends the rows of a list of paths'),
    ...excludes('recursive', ['tree', 'depth'], 'they say how deep'),
  ],
  examples: [
    ['ocikit files img:app /usr/lib -l', 'as ls -l, with the layer that made each what it is'],
    ['ocikit files img:app -R -z | xargs -0 -n1 echo', 'every path, for another program'],
  ],
  details: [
    "Symbolic links above a path are followed inside the root filesystem, and the last one too, but with -l, which lists it itself. Users and groups have the names that the root filesystem's own /etc/passwd and /etc/group give them. The layer (#1 is the lowest) is the one that made the file what it is; a directory is its attributes, not what is in it.",
    'A PATH that is not there is an error beside the rows of the others.',
    'An image is read in place: nothing is unpacked, and each layer is read once and proved. In text, control characters, bytes that are not UTF-8 and the backslash are escaped.',
  ],
  library: ['files(rootfs, paths, options)', 'FilesResult'],
  environment: ['TZ'],
  run: async (words, io) => {
    const { files } = await import('../../ops/files.ts');
    const errors: OciError[] = [];
    const depth = wholeNumber(words.text('depth'), '--depth');
    const options = given({
      recursive: words.flag('recursive') || (words.flag('tree') && depth === undefined),
      depth,
      long: words.flag('long'),
      platform: words.text('platform'),
      hostPlatform: io.hostPlatform,
    });
    const result = await withProgress(words, io, work =>
      files(words.word('rootfs'), words.texts('path'), { ...options, ...work, errors }),
    );
    printWarnings(io, words, result.warnings);
    const status = reportAll(errors, io);
    if (result.files.length === 0 && status !== 0) return status;
    const texts = words.flag('json') ? jsonLine(result) : filesTexts(result, words, io.env['TZ']);
    await printTexts(io, texts, words.flag('null') ? 'latin1' : 'utf8');
    return status;
  },
};
