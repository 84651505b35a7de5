import { fileURLToPath } from 'node:url';
import * as library from '../index.ts';
import { copying, hostPlatform, images, making, renaming, type VerbUse } from './verb-use.ts';
import { buildUses } from './verbs-of-build.ts';
import { reportUses } from './verbs-of-report.ts';
import { rootfsUses } from './verbs-of-rootfs.ts';
import { transferUses } from './verbs-of-transfer.ts';

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
    verb: 'append',
    command: 'append',
    use: 'append of a tar, to another layout',
    ...making,
    takes: ['tar'],
    call: ({ source, base, out }, options) =>
      library.append(base, [{ tar: source }], { hostPlatform, output: `${out}:new`, ...options }),
    words: ({ source, base, out }) => ['append', base, '--tar', source, '-o', `${out}:new`],
  },
  {
    verb: 'append',
    command: 'append',
    use: 'append of a tar, written anew',
    ...making,
    takes: ['tar'],
    call: ({ source, base, out }, options) =>
      library.append(base, [{ tar: source }], { hostPlatform, output: `${out}:new`, normalize: true, ...options }),
    words: ({ source, base, out }) => ['append', base, '--tar', source, '--normalize', '-o', `${out}:new`],
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
  ...buildUses,
  ...rootfsUses,
  ...transferUses,
  ...reportUses,
  ...changes,
  ...indexes,
  ...inits,
];
