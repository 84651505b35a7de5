import * as library from '../index.ts';
import { drained } from './drained.ts';
import { archives, copying, hostPlatform, images, making, platform, reading, type VerbUse } from './verb-use.ts';

const copies: readonly VerbUse[] = [
  {
    verb: 'copy',
    command: 'copy',
    use: 'copy',
    ...copying,
    takes: images,
    call: ({ source, out }, options) => library.copy(source, `${out}:new`, { hostPlatform, ...options }),
    words: ({ source, out }) => ['copy', source, `${out}:new`],
  },
  {
    verb: 'copy',
    command: 'copy',
    use: 'copy of everything, in the words of docker',
    ...copying,
    takes: images,
    call: ({ source, out }, options) => library.copy(source, `${out}:new`, { all: true, format: 'docker', ...options }),
    words: ({ source, out }) => ['copy', source, `${out}:new`, '--all', '--format', 'docker'],
  },
  {
    verb: 'copy',
    command: 'copy',
    use: 'copy with layers stored otherwise',
    ...making,
    takes: images,
    call: ({ source, out }, options) =>
      library.copy(source, `${out}:new`, { hostPlatform, compression: 'none', ...options }),
    words: ({ source, out }) => ['copy', source, `${out}:new`, '--compression', 'none'],
  },
  {
    verb: 'copy',
    command: 'copy',
    use: 'copy to an archive',
    ...copying,
    writes: 'file',
    takes: images,
    call: ({ source, out }, options) => library.copy(source, `oci-archive:${out}:new`, { hostPlatform, ...options }),
    words: ({ source, out }) => ['copy', source, `oci-archive:${out}:new`],
  },
];

const converts: readonly VerbUse[] = [
  {
    verb: 'convert',
    command: 'convert',
    use: 'convert to zstd',
    ...making,
    takes: images,
    call: ({ source, out }, options) =>
      library.convert(source, { compression: 'zstd', output: `${out}:new`, hostPlatform, ...options }),
    words: ({ source, out }) => ['convert', source, '--compression', 'zstd', '-o', `${out}:new`],
  },
  {
    verb: 'convert',
    command: 'convert',
    use: 'convert to zstd:chunked',
    ...making,
    takes: ['image', 'oci-archive'],
    call: ({ source, out }, options) =>
      library.convert(source, { compression: 'zstd:chunked', output: `${out}:new`, hostPlatform, ...options }),
    words: ({ source, out }) => ['convert', source, '--compression', 'zstd:chunked', '-o', `${out}:new`],
  },
  {
    verb: 'convert',
    command: 'convert',
    use: 'convert to eStargz',
    ...making,
    takes: ['image', 'docker-archive'],
    call: ({ source, out }, options) =>
      library.convert(source, { compression: 'estargz', output: `${out}:new`, hostPlatform, ...options }),
    words: ({ source, out }) => ['convert', source, '--compression', 'estargz', '-o', `${out}:new`],
  },
  {
    verb: 'convert',
    command: 'convert',
    use: 'convert of the documents alone, to those of docker',
    ...copying,
    takes: images,
    call: ({ source, out }, options) =>
      library.convert(source, { format: 'docker', output: `${out}:new`, hostPlatform, ...options }),
    words: ({ source, out }) => ['convert', source, '--format', 'docker', '-o', `${out}:new`],
  },
  {
    verb: 'convert',
    command: 'convert',
    use: 'convert of every platform, in the words of docker',
    ...making,
    takes: ['multi'],
    call: ({ source, out }, options) =>
      library.convert(source, {
        compression: 'none',
        format: 'docker',
        allPlatforms: true,
        output: `${out}:new`,
        ...options,
      }),
    words: ({ source, out }) => [
      ...['convert', source, '--compression', 'none', '--format', 'docker', '--all-platforms'],
      ...['-o', `${out}:new`],
    ],
  },
];

const exports: readonly VerbUse[] = [
  {
    verb: 'exportImage',
    command: 'export',
    use: 'export to a file',
    ...making,
    writes: 'file',
    takes: images,
    call: ({ source, out }, options) => library.exportImage(source, out, { hostPlatform, ...options }),
    words: ({ source, out }) => ['export', source, '-o', out],
  },
  {
    verb: 'exportStream',
    command: 'export',
    use: 'export as a stream',
    ...reading,
    writes: 'stream',
    takes: images,
    call: async ({ source }, options) => drained(await library.exportStream(source, { hostPlatform, ...options })),
    words: ({ source }) => ['export', source],
  },
  {
    verb: 'save',
    command: 'save',
    use: 'save to a file',
    ...copying,
    writes: 'file',
    takes: images,
    call: ({ source, out }, options) => library.save([source], out, { platform, ...options }),
    words: ({ source, out }) => ['save', source, '-o', out, '--platform', platform],
  },
  {
    verb: 'saveStream',
    command: 'save',
    use: 'save as a stream, for docker',
    ...reading,
    writes: 'stream',
    takes: images,
    call: async ({ source }, options) =>
      drained(await library.saveStream([source], { format: 'docker', platform, ...options })),
    words: ({ source }) => ['save', source, '--format', 'docker', '--platform', platform],
  },
];

const loads: readonly VerbUse[] = [
  {
    verb: 'importRootfs',
    command: 'import',
    use: 'import',
    ...making,
    takes: ['tar'],
    call: ({ source, out }, options) => library.importRootfs(source, `${out}:new`, { platform, ...options }),
    words: ({ source, out }) => ['import', source, `${out}:new`, '--platform', platform],
  },
  {
    verb: 'load',
    command: 'load',
    use: 'load',
    ...copying,
    takes: archives,
    call: ({ source, out }, options) => library.load(source, out, { ...options }),
    words: ({ source, out }) => ['load', source, out],
  },
];

/** The ways to use a verb that brings images, as they are or stored otherwise, from one place to another. */
export const transferUses: readonly VerbUse[] = [...copies, ...converts, ...exports, ...loads];
