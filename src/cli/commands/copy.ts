import { withoutEdits } from '../change-options.ts';
import { type Command, excludes, needs } from '../command.ts';
import { compressionOptions, compressionRules, readCompression } from '../compression-options.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

const formats = ['oci', 'docker'] as const;

export const copy: Command = {
  name: 'copy',
  describe: 'an image from any place to any other: layouts, oci-archive:FILE:NAME, docker-archive:FILE:NAME',
  positionals: [
    { name: 'source', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' },
    { name: 'destination', describe: '[KIND:]PATH[:NAME]', completes: 'image' },
  ],
  options: [
    { name: 'all', kind: 'flag', describe: 'all of a multi-platform image' },
    {
      ...shared.platform,
      kind: 'texts',
      describe: 'which image of it; several make a multi-platform image of just these',
    },
    ...compressionOptions,
    { name: 'format', kind: 'text', choices: formats, default: 'as it is', describe: 'whose media types the copy has' },
    { name: 'referrers', kind: 'flag', describe: 'with what refers to it: signatures, SBOMs' },
    shared.dryRun,
  ],
  rules: [
    ...excludes('all', ['platform'], '--platform picks, --all takes everything'),
    ...excludes('referrers', ['compression', 'format'], 'what refers to an image names its digest, which changes'),
    needs('level', ['compression'], 'without it no layer is compressed anew'),
    needs('compressor', ['compression'], 'without it no layer is compressed anew'),
    ...compressionRules,
  ],
  elsewhere: {
    ...withoutEdits(
      'a copy says of itself what the image says; config and convert change that, with -o into another place',
    ),
    a: '--all is all of a multi-platform image; a copy says of itself what the image says',
  },
  examples: [
    ['ocikit copy docker-archive:legacy.tar:app:v1 out:v1', 'an image of an archive into a layout'],
    ['ocikit copy img:figlet copies/other:v2 --compression none', 'layers stored otherwise, the image ID the same'],
  ],
  details: [
    'Documents and layers keep every byte unless --compression, --format or several --platform ask for something else; then digests of manifests change and image IDs stay. Blobs that are there already are not written again; inside one file system they are shared.',
  ],
  library: ['copy(source, destination, options)', 'CopyResult'],
  run: async (words, io) => {
    const { copy } = await import('../../ops/copy.ts');
    const options = given({
      all: words.flag('all'),
      platforms: words.texts('platform'),
      ...readCompression(words),
      format: formats.find(name => name === words.text('format')),
      referrers: words.flag('referrers'),
      dryRun: words.flag('dry-run'),
      hostPlatform: io.hostPlatform,
    });
    const result = await withProgress(words, io, work =>
      copy(words.word('source'), words.word('destination'), { ...options, ...work }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    else io.stdout(`${result.manifest}\n`);
    return 0;
  },
};
