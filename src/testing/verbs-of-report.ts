import * as library from '../index.ts';
import { drained } from './drained.ts';
import { hostPlatform, images, making, reading, type VerbUse } from './verb-use.ts';

/** The ways to make a page about images. */
export const reportUses: readonly VerbUse[] = [
  {
    verb: 'report',
    command: 'report',
    use: 'report of an image or a tar',
    ...making,
    writes: 'file',
    takes: [...images, 'tar'],
    call: ({ source, out }, options) => library.report(source, out, { hostPlatform, ...options }),
    words: ({ source, out }) => ['report', source, '-o', out],
  },
  {
    verb: 'report',
    command: 'report',
    use: 'report of a directory',
    ...making,
    layers: 'none',
    isLong: false,
    writes: 'file',
    takes: ['rootfs', 'bundle'],
    call: ({ source, out }, options) => library.report(source, out, { ...options }),
    words: ({ source, out }) => ['report', source, '-o', out],
  },
  {
    verb: 'report',
    command: 'report',
    use: 'report of what changed',
    ...making,
    writes: 'file',
    takes: [...images, 'tar'],
    call: ({ source, base, out }, options) => library.report([base, source], out, { hostPlatform, ...options }),
    words: ({ source, base, out }) => ['report', base, source, '-o', out],
  },
  {
    verb: 'reportStream',
    command: 'report',
    use: 'report as a stream',
    ...reading,
    writes: 'stream',
    takes: [...images, 'tar'],
    call: async ({ source }, options) => drained(await library.reportStream([source], { hostPlatform, ...options })),
    words: ({ source }) => ['report', source],
  },
];
