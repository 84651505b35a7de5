import * as library from '../index.ts';
import { drained } from './drained.ts';
import { everything, hostPlatform, images, making, platform, reading, type VerbUse } from './verb-use.ts';

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

/** The ways to use a verb that makes an image of a root filesystem, or files of an image. */
export const rootfsUses: readonly VerbUse[] = [...commits, ...deltas, ...unpacks, ...copiesOut];
