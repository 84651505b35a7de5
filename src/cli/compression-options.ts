import { usage } from '../errors.ts';
import type { CommitOptions } from '../ops/options.ts';
import { excludes, type Option, type Rule } from './command.ts';
import type { Words } from './words.ts';

const compressions = ['gzip', 'zstd', 'none'] as const;
const compressors = ['zlib', 'portable'] as const;

/** How layers are stored. */
export const compressionOptions: readonly Option[] = [
  {
    name: 'compression',
    kind: 'text',
    choices: compressions,
    default: 'as it is, gzip where it is new',
    describe: 'of layers that are written',
  },
  {
    name: 'level',
    kind: 'text',
    value: 'N',
    default: '4 for gzip (6 for portable), 3 for zstd',
    range: '0 to 9 for gzip, 1 to 19 for zstd',
    describe: 'how hard to compress',
  },
  { name: 'compressor', kind: 'text', choices: compressors, default: 'zlib', describe: 'who compresses' },
];

/** What verbs that write layers anew say of it. */
export const takenOver =
  'What is written anew takes bodies of gzip layers over as they are compressed, where it can, and does not compress them again; its bytes then depend on how they were. With --level or --compressor portable all is compressed anew.';

/** What of these cannot be meant together. */
export const compressionRules: readonly Rule[] = [
  ...excludes({ option: 'compression', values: ['none'] }, ['level', 'compressor'], 'nothing is compressed'),
  ...excludes(
    { option: 'compression', values: ['zstd'] },
    ['compressor'],
    'zstd has one compressor, the same everywhere',
  ),
];

function levelOf(text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d{1,3}$/.test(text)) throw usage('--level', `expected a number, got '${text}'`);
  return text === undefined ? undefined : Number(text);
}

/** What was said of compression; fields are undefined where nothing was. Throws `usage`. */
export function readCompression(words: Words): {
  readonly [K in 'compression' | 'level' | 'compressor']: CommitOptions[K] | undefined;
} {
  return {
    compression: compressions.find(name => name === words.text('compression')),
    level: levelOf(words.text('level')),
    compressor: compressors.find(name => name === words.text('compressor')),
  };
}
