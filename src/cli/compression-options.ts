import { usage } from '../errors.ts';
import type { CommitOptions } from '../ops/options.ts';
import type { Option } from './command.ts';
import type { Words } from './words.ts';

const compressions = ['gzip', 'zstd', 'none'] as const;
const compressors = ['zlib', 'portable'] as const;

/** How layers are stored. */
export const compressionOptions: readonly Option[] = [
  { name: 'compression', kind: 'text', choices: compressions, describe: 'of layers that are written' },
  { name: 'level', kind: 'text', value: 'N', describe: 'how hard to compress' },
  { name: 'compressor', kind: 'text', choices: compressors, describe: 'who compresses' },
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
