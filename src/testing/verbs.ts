import * as library from '../index.ts';
import { drained } from './drained.ts';
import { archives, everything, hostPlatform, images, looking, reading, type VerbUse } from './verb-use.ts';

import { layerUses } from './verbs-of-layers.ts';
import { renamingUses, writingUses } from './verbs-that-write.ts';

/** The first files that there are, one after the other. */
async function catSome(source: string, options: object): Promise<unknown> {
  const { files } = await library.files(source, [], { recursive: true, ...options });
  const paths = files.flatMap(({ path, pathBytes, type }) =>
    type === 'file' && pathBytes === undefined ? [path] : [],
  );
  const some = paths.slice(0, 20);
  return some.length === 0 ? some : drained(await library.catStream(source, some, options));
}

const looks: readonly VerbUse[] = [
  {
    verb: 'diff',
    command: 'diff',
    use: 'diff',
    ...reading,
    takes: everything,
    call: ({ source, base }, options) => library.diff(base, source, { hostPlatform, ...options }),
    words: ({ source, base }) => ['diff', base, source],
  },
  {
    verb: 'diff',
    command: 'diff',
    use: 'diff of a bundle with its own image',
    ...reading,
    takes: ['bundle'],
    call: ({ source }, options) => library.diff(source, undefined, { ...options }),
    words: ({ source }) => ['diff', source],
  },
  {
    verb: 'diff',
    command: 'diff',
    use: 'diff of contents and names',
    ...reading,
    takes: everything,
    call: ({ source, base }, options) =>
      library.diff(base, source, { hostPlatform, text: ['**'], renames: true, similarity: 1, ...options }),
    words: ({ source, base }) => ['diff', base, source, '--text', '**', '--renames', '--similarity', '1'],
  },
  {
    verb: 'diffPackages',
    command: 'diff',
    use: 'diff of packages',
    ...reading,
    takes: everything.filter(kind => kind !== 'rootfs' && kind !== 'bundle'),
    call: ({ source, base }, options) => library.diffPackages(base, source, { hostPlatform, ...options }),
    words: ({ source, base }) => ['diff', base, source, '--packages'],
  },
  {
    verb: 'diffPlatforms',
    command: 'diff',
    use: 'diff of all platforms',
    ...reading,
    takes: images,
    call: ({ source, base }, options) => library.diffPlatforms(base, source, { ...options }),
    words: ({ source, base }) => ['diff', base, source, '--all-platforms'],
  },
  {
    verb: 'diffLayers',
    command: 'diff',
    use: 'diff of layers',
    ...looking,
    takes: images,
    call: ({ source, base }, options) => library.diffLayers(base, source, { hostPlatform, ...options }),
    words: ({ source, base }) => ['diff', base, source, '--layers'],
  },
  {
    verb: 'files',
    command: 'files',
    use: 'files of an image or a tar',
    ...reading,
    takes: [...images, 'tar'],
    call: ({ source }, options) => library.files(source, [], { recursive: true, hostPlatform, ...options }),
    words: ({ source }) => ['files', source, '-R'],
  },
  {
    verb: 'files',
    command: 'files',
    use: 'files of a directory',
    ...looking,
    takes: ['rootfs', 'bundle'],
    call: ({ source }, options) => library.files(source, [], { recursive: true, ...options }),
    words: ({ source }) => ['files', source, '-R'],
  },
  {
    verb: 'catStream',
    command: 'cat',
    use: 'cat',
    ...reading,
    writes: 'stream',
    takes: [...images, 'tar'],
    call: ({ source }, options) => catSome(source, { hostPlatform, ...options }),
    words: ({ source }) => ['cat', source, '/etc/motd'],
  },
  {
    verb: 'blame',
    command: 'blame',
    use: 'blame',
    ...reading,
    takes: everything,
    call: ({ source }, options) => library.blame(source, '/', { hostPlatform, ...options }),
    words: ({ source }) => ['blame', source, '/lib/two'],
  },
  {
    verb: 'analyze',
    command: 'analyze',
    use: 'analyze',
    ...reading,
    takes: everything,
    call: ({ source }, options) => library.analyze(source, { hostPlatform, maxSize: '1GB', ...options }),
    words: ({ source }) => ['analyze', source],
  },
  {
    verb: 'packages',
    command: 'packages',
    use: 'packages of an image or a tar',
    ...reading,
    takes: [...images, 'tar'],
    call: ({ source }, options) => library.packages(source, { hostPlatform, ...options }),
    words: ({ source }) => ['packages', source],
  },
  {
    verb: 'sbom',
    command: 'packages',
    use: 'a bill of materials of a directory',
    ...looking,
    takes: ['rootfs', 'bundle'],
    call: ({ source }, options) => library.sbom(source, { ...options }),
    words: ({ source }) => ['packages', source, '--sbom', 'spdx'],
  },
  {
    verb: 'history',
    command: 'history',
    use: 'history',
    ...looking,
    takes: images,
    call: ({ source }, options) => library.history(source, { hostPlatform, ...options }),
    words: ({ source }) => ['history', source],
  },
  {
    verb: 'dockerfileOf',
    command: 'history',
    use: 'a Dockerfile of the history',
    ...looking,
    takes: images,
    call: ({ source }, options) => library.dockerfileOf(source, { hostPlatform, ...options }),
    words: ({ source }) => ['history', source, '--dockerfile'],
  },
  {
    verb: 'images',
    command: 'images',
    use: 'images',
    ...looking,
    takes: ['layout', ...archives],
    call: ({ source }, options) => library.images([source], { all: true, ...options }),
    words: ({ source }) => ['images', source, '--all'],
  },
  {
    verb: 'sharing',
    command: 'images',
    use: 'images that share layers',
    ...looking,
    takes: ['layout', ...archives],
    call: ({ source }, options) => library.sharing(source, { ...options }),
    words: ({ source }) => ['images', source, '--shared'],
  },
  {
    verb: 'inspect',
    command: 'inspect',
    use: 'inspect',
    ...looking,
    takes: images,
    call: ({ source }, options) => library.inspect([source], { hostPlatform, ...options }),
    words: ({ source }) => ['inspect', source],
  },
  {
    verb: 'inspectRaw',
    command: 'inspect',
    use: 'inspect a document as it is',
    ...looking,
    takes: images,
    call: ({ source }, options) => library.inspectRaw(source, 'config', { hostPlatform, ...options }),
    words: ({ source }) => ['inspect', source, '--raw', 'config'],
  },
  {
    verb: 'listIndex',
    command: 'index',
    use: 'index list',
    ...looking,
    takes: ['multi'],
    call: ({ source }, options) => library.listIndex(source, { ...options }),
    words: ({ source }) => ['index', 'list', source],
  },
  {
    verb: 'referrers',
    command: 'referrers',
    use: 'referrers',
    ...looking,
    takes: images,
    call: ({ source }, options) => library.referrers(source, { hostPlatform, ...options }),
    words: ({ source }) => ['referrers', source],
  },
  {
    verb: 'run',
    command: 'run',
    use: 'run',
    ...reading,
    // No program is in any of them: its own test has an image with one.
    takes: [],
    call: ({ source }, options) => library.run(source, ['true'], { hostPlatform, ...options }),
    words: ({ source }) => ['run', source, '--', 'true'],
  },
  {
    verb: 'validate',
    command: 'validate',
    use: 'validate',
    ...reading,
    takes: ['layout', ...images],
    call: ({ source }, options) => library.validate(source, { ...options }),
    words: ({ source }) => ['validate', source],
  },
];

/** Every way to use every verb, in an order in which one place serves all: what takes a name away comes last. */
export const verbUses: readonly VerbUse[] = [...writingUses, ...layerUses, ...looks, ...renamingUses];
