import { changeOptions, changeRules, printChange, readChangeOptions } from '../change-options.ts';
import { type Command, excludes, needs } from '../command.ts';
import { compressionOptions, readCompression } from '../compression-options.ts';
import { withProgress } from '../progress.ts';
import { given } from '../words.ts';

const forms = ['gzip', 'zstd', 'none', 'estargz', 'zstd:chunked'] as const;
const formats = ['oci', 'docker'] as const;

const [, level, compressor] = compressionOptions;

export const convert: Command = {
  name: 'convert',
  describe: "an image with its layers stored otherwise, or in docker's or OCI's media types",
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' }],
  options: [
    {
      name: 'compression',
      kind: 'text',
      choices: forms,
      default: 'as it is',
      describe:
        'how layers are stored; estargz and zstd:chunked have a table of contents for engines that fetch single files',
    },
    ...[level, compressor].flatMap(option => option ?? []),
    {
      name: 'format',
      kind: 'text',
      choices: formats,
      default: 'as it is',
      describe: 'whose media types the image has',
    },
    ...changeOptions,
  ],
  rules: [
    ...changeRules,
    needs('level', ['compression'], 'without it no layer is compressed anew'),
    needs('compressor', ['compression'], 'without it no layer is compressed anew'),
    ...excludes({ option: 'compression', values: ['none'] }, ['level', 'compressor'], 'nothing is compressed'),
    ...excludes(
      { option: 'compression', values: ['zstd', 'zstd:chunked'] },
      ['compressor'],
      'zstd has one compressor, the same everywhere',
    ),
    ...excludes(
      { option: 'format', values: ['docker'] },
      [{ option: 'compression', values: ['zstd', 'estargz', 'zstd:chunked'] }],
      'docker has no media type for it, or no place for what readers need',
    ),
  ],
  examples: [
    ['ocikit convert img:app --compression zstd -t app:zst', 'the same files in zstd, beside the old image'],
    ['ocikit convert img:app --all-platforms --format docker -o old.tar', "every platform, in docker's media types"],
  ],
  details: [
    'What is in the form already keeps its bytes, layer by layer; their bytes decide, not their media types. Files, history and times stay, and so does the image ID, except where the form is a tar of its own.',
    'zstd:chunked is what containers/storage (podman, CRI-O, buildah) reads: the tar stays bit for bit, and a table of contents and the headers of the tar follow it. estargz is what the stargz snapshotter of containerd reads: the tar gets two more files, /.no.prefetch.landmark and /stargz.index.json, which every other engine shows, so diffIDs and the image ID change; converted to another form, they are gone again and the diffIDs are the old ones. Neither form holds names that are not UTF-8, nor one name twice in a layer.',
  ],
  library: ['convert(image, options)', 'ConvertResult'],
  run: async (words, io) => {
    const { convert } = await import('../../ops/convert.ts');
    const { level, compressor } = readCompression(words);
    const options = given({
      compression: forms.find(name => name === words.text('compression')),
      level,
      compressor,
      format: formats.find(name => name === words.text('format')),
    });
    const result = await withProgress(words, io, work =>
      convert(words.word('image'), { ...readChangeOptions(words, io), ...options, ...work }),
    );
    printChange(io, words, result);
    return 0;
  },
};
