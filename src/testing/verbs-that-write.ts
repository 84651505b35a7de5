import { fileURLToPath } from 'node:url';
import * as library from '../index.ts';
import { drained } from './drained.ts';
import {
  archives,
  copying,
  everything,
  hostPlatform,
  images,
  making,
  platform,
  reading,
  renaming,
  type VerbUse,
} from './verb-use.ts';

const commits: readonly VerbUse[] = [
  {
    verb: 'commit',
    command: 'commit',
    use: 'commit without a base',
    ...making,
    takes: ['rootfs', 'tar'],
    call: ({ source, out }, options) => library.commit(source, `${out}:new`, { platform, ...options }),
    words: ({ source, out }) => ['commit', source, `${out}:new`, '--platform', platform],
  },
  {
    verb: 'commit',
    command: 'commit',
    use: 'commit over a base',
    ...making,
    takes: ['rootfs', 'tar'],
    call: ({ source, base, out }, options) => library.commit(source, `${out}:new`, { base, ...options }),
    words: ({ source, base, out }) => ['commit', source, `${out}:new`, '--base', base],
  },
  {
    verb: 'commit',
    command: 'commit',
    use: 'commit of a bundle over another base',
    ...making,
    takes: ['bundle'],
    call: ({ source, base, out }, options) =>
      library.commit(source, `${out}:new`, { base, keepBase: true, ...options }),
    words: ({ source, base, out }) => ['commit', source, `${out}:new`, '--base', base, '--keep-base'],
  },
  {
    verb: 'commit',
    command: 'commit',
    use: 'commit of a bundle, squashed',
    ...making,
    takes: ['bundle'],
    call: ({ source, out }, options) =>
      library.commit(source, `${out}:new`, { squash: true, keepBase: true, ...options }),
    words: ({ source, out }) => ['commit', source, `${out}:new`, '--squash', '--keep-base'],
  },
];

const deltas: readonly VerbUse[] = [
  {
    verb: 'commit',
    command: 'commit',
    use: 'commit over another root filesystem',
    ...making,
    takes: ['rootfs', 'bundle'],
    call: ({ source, out }, options) => library.commit(source, `${out}:new`, { baseDir: source, platform, ...options }),
    words: ({ source, out }) => ['commit', source, `${out}:new`, '--base-dir', source, '--platform', platform],
  },
  {
    verb: 'commitLayer',
    command: 'commit',
    use: 'commit of a layer to a file',
    ...making,
    writes: 'file',
    takes: ['rootfs', 'tar', 'bundle'],
    call: ({ source, base, out }, options) => library.commitLayer(source, out, { base, ...options }),
    words: ({ source, base, out }) => ['commit', source, '-o', out, '--base', base],
  },
  {
    verb: 'commitLayerStream',
    command: 'commit',
    use: 'commit of a layer as a stream',
    ...reading,
    writes: 'stream',
    takes: ['rootfs', 'tar', 'bundle'],
    call: async ({ source, base }, options) => drained(await library.commitLayerStream(source, { base, ...options })),
    words: ({ source, base }) => ['commit', source, '-o', '-', '--base', base],
  },
];

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

const unpacks: readonly VerbUse[] = [
  {
    verb: 'unpack',
    command: 'unpack',
    use: 'unpack',
    ...making,
    hasDryRun: false,
    writes: 'directory',
    takes: images,
    call: ({ source, out }, options) => library.unpack(source, out, { hostPlatform, ...options }),
    words: ({ source, out }) => ['unpack', source, out],
  },
  {
    verb: 'unpack',
    command: 'unpack',
    use: 'unpack as a bundle',
    ...making,
    hasDryRun: false,
    writes: 'directory',
    takes: ['image', 'multi'],
    call: ({ source, out }, options) => library.unpack(source, out, { hostPlatform, bundle: true, ...options }),
    words: ({ source, out }) => ['unpack', source, out, '--bundle'],
  },
  {
    verb: 'unpack',
    command: 'unpack',
    use: 'unpack without root',
    ...making,
    hasDryRun: false,
    writes: 'directory',
    takes: ['image', 'docker-archive'],
    call: ({ source, out }, options) => library.unpack(source, out, { hostPlatform, rootless: true, ...options }),
    words: ({ source, out }) => ['unpack', source, out, '--rootless'],
  },
  {
    verb: 'unpack',
    command: 'unpack',
    use: 'unpack as a bundle without root',
    ...making,
    hasDryRun: false,
    writes: 'directory',
    takes: ['image'],
    call: ({ source, out }, options) =>
      library.unpack(source, out, { hostPlatform, bundle: true, rootless: true, ...options }),
    words: ({ source, out }) => ['unpack', source, out, '--bundle', '--rootless'],
  },
];

const copiesOut: readonly VerbUse[] = [
  {
    verb: 'cp',
    command: 'cp',
    use: 'cp of everything',
    ...making,
    hasDryRun: false,
    writes: 'directory',
    takes: everything,
    call: ({ source, out }, options) => library.cp({ rootfs: source, path: '/' }, out, { hostPlatform, ...options }),
    words: ({ source, out }) => ['cp', `${source}:/`, out],
  },
  {
    verb: 'cpStream',
    command: 'cp',
    use: 'cp of everything to a stream',
    ...reading,
    writes: 'stream',
    takes: everything,
    call: async ({ source }, options) => drained(await library.cpStream(`${source}:/`, { hostPlatform, ...options })),
    words: ({ source }) => ['cp', `${source}:/`, '-'],
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

const inits: readonly VerbUse[] = [
  {
    verb: 'init',
    command: 'init',
    use: 'init',
    ...renaming,
    writes: 'layout',
    takes: ['nothing'],
    call: ({ out }, options) => library.init(out, { ...options }),
    words: ({ out }) => ['init', out],
  },
];

/** A file that is there wherever the tests run. */
const someFile = fileURLToPath(import.meta.url);

/** What makes an image of an image, elsewhere. */
const changes: readonly VerbUse[] = [
  {
    verb: 'append',
    command: 'append',
    use: 'append of a file, to another layout',
    ...making,
    takes: images,
    call: ({ source, out }, options) =>
      library.append(source, [{ add: someFile, to: '/added here/' }], {
        hostPlatform,
        output: `${out}:new`,
        ...options,
      }),
    words: ({ source, out }) => ['append', source, '--add', `${someFile}:/added here/`, '-o', `${out}:new`],
  },
  {
    verb: 'config',
    command: 'config',
    use: 'config of one platform, to another layout',
    ...copying,
    takes: images,
    call: ({ source, out }, options) =>
      library.config(source, { hostPlatform, output: `${out}:new`, set: ['env:A=b'], ...options }),
    words: ({ source, out }) => [
      'config',
      source,
      '-o',
      `${out}:new`,
      '--set',
      'env:A=b',
      '--created',
      '2024-01-01T00:00:00Z',
    ],
  },
  {
    verb: 'config',
    command: 'config',
    use: 'config of everything, to an archive',
    ...copying,
    writes: 'file',
    takes: images,
    call: ({ source, out }, options) =>
      library.config(source, {
        allPlatforms: true,
        output: `oci-archive:${out}:new`,
        unset: ['env'],
        author: 'Ann',
        ...options,
      }),
    words: ({ source, out }) => [
      'config',
      source,
      '-o',
      `oci-archive:${out}:new`,
      '--all-platforms',
      '--unset',
      'env',
      '-a',
      'Ann',
    ],
  },
];

/** What lists images in an index, and lists them no more. */
const indexes: readonly VerbUse[] = [
  {
    verb: 'createIndex',
    command: 'index',
    use: 'index create, in another layout',
    ...copying,
    takes: images,
    call: ({ source, out }, options) =>
      library.createIndex(`${out}:new`, [source], { annotations: ['a=b'], ...options }),
    words: ({ source, out }) => ['index', 'create', `${out}:new`, source, '--annotation', 'a=b'],
  },
];

/** What changes a layout in place. */
export const renamingUses: readonly VerbUse[] = [
  {
    verb: 'config',
    command: 'config',
    use: 'config in place',
    ...renaming,
    makesBlobs: true,
    takes: ['image', 'multi'],
    call: ({ source }, options) =>
      library.config(source, { hostPlatform, instructions: ['ENV A=b'], annotations: ['a=b'], ...options }),
    words: ({ source }) => ['config', source, '-c', 'ENV A=b', '--annotation', 'a=b'],
  },
  {
    verb: 'attach',
    command: 'attach',
    use: 'attach',
    ...renaming,
    makesBlobs: true,
    isLong: true,
    takes: ['image', 'multi'],
    call: ({ source }, options) =>
      library.attach(source, [{ file: someFile }], {
        artifactType: 'application/example',
        fallbackTag: true,
        ...options,
      }),
    words: ({ source }) => ['attach', source, someFile, '--artifact-type', 'application/example'],
  },
  {
    verb: 'addToIndex',
    command: 'index',
    use: 'index add',
    ...renaming,
    makesBlobs: true,
    takes: ['multi'],
    call: ({ source, base }, options) => library.addToIndex(source, [base], { annotations: ['a=b'], ...options }),
    words: ({ source, base }) => ['index', 'add', source, base, '--annotation', 'a=b'],
  },
  {
    verb: 'removeFromIndex',
    command: 'index',
    use: 'index remove',
    ...renaming,
    makesBlobs: true,
    takes: ['multi'],
    call: ({ source }, options) => library.removeFromIndex(source, [], { platforms: ['linux/arm64'], ...options }),
    words: ({ source }) => ['index', 'remove', source, '--platform', 'linux/arm64'],
  },
  {
    verb: 'tag',
    command: 'tag',
    use: 'tag',
    ...renaming,
    takes: ['image', 'multi'],
    call: ({ source }, options) => library.tag(source, ['other', 'docker.io/library/app:v1'], { ...options }),
    words: ({ source }) => ['tag', source, 'other', 'docker.io/library/app:v1'],
  },
  {
    verb: 'gc',
    command: 'gc',
    use: 'gc',
    ...renaming,
    takes: ['layout'],
    call: ({ source }, options) => library.gc(source, { grace: '0', ...options }),
    words: ({ source }) => ['gc', source, '--grace', '0'],
  },
  {
    verb: 'untag',
    command: 'untag',
    use: 'untag',
    ...renaming,
    takes: ['image', 'multi'],
    call: ({ source }, options) => library.untag([source], { ...options }),
    words: ({ source }) => ['untag', source],
  },
];

/** The ways to use a verb that makes something. */
export const writingUses: readonly VerbUse[] = [
  ...commits,
  ...deltas,
  ...copies,
  ...converts,
  ...exports,
  ...unpacks,
  ...copiesOut,
  ...loads,
  ...changes,
  ...indexes,
  ...inits,
];
