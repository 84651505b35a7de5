import { type EngineRule, type EngineRules, each, podmans, unpackers } from './engine-rule.ts';

const refuse = (what: string): readonly EngineRule[] => each([...unpackers, 'crane'], { verdict: 'refuses', what });
const link = refuse('a hardlink that cannot be made');

/** What engines make of the tars of layers. */
export const tarRules: EngineRules = {
  'tar-damaged': refuse('a tar that it cannot read'),
  'tar-type-unusual': refuse('entries of a type that it does not know'),
  'tar-entry-refused': refuse('an entry that cannot be, or makes of it what was not meant'),
  'tar-duplicate-path': [
    ...each(['docker', ...podmans], { verdict: 'refuses', what: 'duplicates of file paths not supported' }),
    ...each(['kaniko', 'crane'], { verdict: 'differs', what: 'the first of the two counts' }),
  ],
  'tar-below-file': refuse('an entry below what is no directory'),
  'tar-below-whiteout': each(['containerd'], {
    verdict: 'refuses',
    what: 'an entry below a whiteout of the same layer',
  }),
  'tar-parent-late': each(['kaniko', 'crane'], { verdict: 'differs', what: 'the directory has other attributes' }),
  'tar-hardlink-forward': link,
  'tar-hardlink-missing': link,
  'tar-hardlink-directory': link,
  'tar-hardlink-deleted': each(['docker', ...podmans, 'containerd', 'kaniko'], {
    verdict: 'refuses',
    what: 'a hardlink to a file that it has deleted',
  }),
  'tar-hardlink-lower': each(['containerd', 'kaniko'], {
    verdict: 'refuses',
    what: 'a hardlink to a file of another layer',
  }),
  'tar-whiteout-after-entry': [
    ...each(['docker', ...podmans, 'kaniko'], { verdict: 'differs', what: 'the entry is deleted' }),
    { engine: 'containerd', verdict: 'refuses', what: 'a whiteout of what the layer has (file exists)' },
  ],
  'tar-whiteout-after-directory': [
    ...each(['docker', ...podmans, 'containerd'], {
      verdict: 'refuses',
      what: 'a whiteout of a directory that the layer has',
    }),
    { engine: 'kaniko', verdict: 'differs', what: 'the directory is deleted' },
  ],
  'tar-whiteout-before-directory': each(['containerd', 'kaniko', 'crane'], {
    verdict: 'differs',
    what: 'what was in the directory comes back, or what is new in it goes',
  }),
  'tar-whiteout-before-entry': each(['crane'], { verdict: 'differs', what: 'the entry goes with its whiteout' }),
  'tar-whiteout-below-file': each(['docker', ...podmans, 'containerd', 'kaniko'], {
    verdict: 'refuses',
    what: 'a whiteout below what is no directory',
  }),
  'tar-whiteout-under-whiteout': each(['containerd'], { verdict: 'refuses', what: 'a whiteout below a whiteout' }),
  'tar-name-outside': [
    { engine: 'docker', verdict: 'refuses', what: 'a name that leads out of the root', from: '29' },
    ...each(['kaniko', 'crane'], { verdict: 'differs', what: 'keeps the entry elsewhere, or leaves it out' }),
  ],
  'tar-root-entry': each(['umoci'], { verdict: 'differs', what: 'the root has its attributes' }),
  'tar-time-range': each(['docker', ...podmans, 'containerd'], {
    verdict: 'differs',
    what: 'another time: it is clamped',
  }),
  'tar-id-large': each(podmans, {
    verdict: 'refuses',
    what: 'an owner that a user without root may not map; root may',
  }),
  'tar-sparse-gnu': each(unpackers, { verdict: 'refuses', what: 'entries of type S' }),
  'tar-pax-global': [
    ...each(['docker', ...podmans, 'containerd', 'kaniko'], {
      verdict: 'differs',
      what: 'the global header is passed over',
    }),
    { engine: 'umoci', verdict: 'refuses', what: 'a global header' },
  ],
  'tar-xattr-libarchive': each(unpackers, { verdict: 'differs', what: 'the extended attribute is not there' }),
  'tar-symlink-outside': each(['crane'], { verdict: 'differs', what: 'the link is left out' }),
};
