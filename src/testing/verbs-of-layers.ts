import * as library from '../index.ts';
import { archives, copying, hostPlatform, images, looking, making, type VerbUse } from './verb-use.ts';

/** The ways to use a verb that makes an image with other layers of an image. */
export const layerUses: readonly VerbUse[] = [
  {
    verb: 'squash',
    command: 'squash',
    use: 'squash of all layers',
    ...making,
    takes: images,
    call: ({ source, out }, options) => library.squash(source, { hostPlatform, output: `${out}:new`, ...options }),
    words: ({ source, out }) => ['squash', source, '-o', `${out}:new`],
  },
  {
    verb: 'squash',
    command: 'squash',
    use: 'squash of some layers',
    ...making,
    takes: images,
    call: ({ source, out }, options) =>
      library.squash(source, { hostPlatform, output: `${out}:new`, layers: '1..', compression: 'none', ...options }),
    words: ({ source, out }) => ['squash', source, '-o', `${out}:new`, '--layers', '1..', '--compression', 'none'],
  },
  {
    verb: 'squash',
    command: 'squash',
    // One layer is what it would be: nothing is read.
    use: 'squash of the lowest layer',
    ...copying,
    takes: images,
    call: ({ source, out }, options) =>
      library.squash(source, { hostPlatform, output: `${out}:new`, layers: '1', ...options }),
    words: ({ source, out }) => ['squash', source, '-o', `${out}:new`, '--layers', '1'],
  },
  {
    verb: 'drop',
    command: 'drop',
    use: 'drop of the lowest layer',
    ...making,
    takes: images,
    call: ({ source, out }, options) =>
      library.drop(source, { hostPlatform, output: `${out}:new`, layers: '1', materialize: true, ...options }),
    words: ({ source, out }) => ['drop', source, '-o', `${out}:new`, '--layers', '1', '--materialize'],
  },
  {
    verb: 'fix',
    command: 'fix',
    use: 'fix into another layout',
    ...making,
    takes: images,
    call: ({ source, out }, options) => library.fix(source, { output: `${out}:new`, ...options }),
    words: ({ source, out }) => ['fix', source, '-o', `${out}:new`],
  },
  {
    verb: 'fix',
    command: 'fix',
    use: 'fix of all that an archive lists',
    ...making,
    takes: archives,
    call: ({ source, out }, options) => library.fix(source, { output: out, ...options }),
    words: ({ source, out }) => ['fix', source, '-o', out],
  },
  {
    verb: 'strip',
    command: 'strip',
    use: 'strip out of all platforms',
    ...making,
    takes: images,
    call: ({ source, out }, options) =>
      library.strip(source, ['/etc/motd', '/d'], { output: `${out}:new`, allPlatforms: true, ...options }),
    words: ({ source, out }) => ['strip', source, '/etc/motd', '/d', '-o', `${out}:new`, '--all-platforms'],
  },
  {
    verb: 'rebase',
    command: 'rebase',
    use: 'rebase from itself onto another image',
    ...making,
    takes: images,
    call: ({ source, base, out }, options) =>
      library.rebase(source, { hostPlatform, output: `${out}:new`, oldBase: source, newBase: base, ...options }),
    words: ({ source, base, out }) => ['rebase', source, '-o', `${out}:new`, '--old-base', source, '--new-base', base],
  },
  {
    verb: 'checkBase',
    command: 'rebase',
    use: 'is it made on itself',
    ...looking,
    takes: images,
    call: ({ source }, options) => library.checkBase(source, source, { hostPlatform, ...options }),
    words: ({ source }) => ['rebase', source, '--old-base', source, '--check'],
  },
];
