import { fileURLToPath } from 'node:url';
import * as library from '../index.ts';
import { looking, making, platform, type VerbUse } from './verb-use.ts';

/** A Dockerfile that copies all of its context over a base. */
const dockerfile = fileURLToPath(new URL('copy-all.Dockerfile', import.meta.url));

/** What reads a Dockerfile. */
export const buildUses: readonly VerbUse[] = [
  {
    verb: 'build',
    command: 'build',
    use: 'build of a directory over an image',
    ...making,
    takes: ['rootfs'],
    call: ({ source, base, out }, options) =>
      library.build(source, [`${out}:new`], {
        file: dockerfile,
        contexts: [`base=oci:${base}`],
        platforms: [platform],
        ...options,
      }),
    words: ({ source, base, out }) => [
      ...['build', source, '-t', `${out}:new`, '-f', dockerfile],
      // Each step is told of as it begins, interrupted or not.
      ...['--build-context', `base=oci:${base}`, '--platform', platform, '--quiet'],
    ],
  },
  {
    verb: 'checkBuild',
    command: 'build',
    use: 'check of a Dockerfile',
    ...looking,
    takes: ['rootfs'],
    call: ({ source }) => library.checkBuild(source, { file: dockerfile }),
    words: ({ source }) => ['build', '--check', source, '-f', dockerfile],
  },
];
