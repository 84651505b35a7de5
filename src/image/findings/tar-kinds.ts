import type { LayerFaultCode } from '../../spec/tar-fault-codes.ts';
import { type FindingKind, writtenAnew as mended } from './finding-kind.ts';

export type TarCode =
  | LayerFaultCode
  | 'tar-symlink-dangling'
  | 'tar-symlink-outside'
  | 'tar-case-collision'
  | 'tar-unicode-collision'
  | 'tar-entry-refused'
  | 'tar-whiteout-lowest'
  | 'tar-whiteout-without-target';

const layer = 'image-spec layer.md';

const whiteoutKinds: Readonly<Record<Extract<TarCode, `tar-whiteout-${string}`>, FindingKind>> = {
  'tar-whiteout-after-entry': {
    severity: 'warning',
    means:
      'A layer has an entry and after it a whiteout of the same name. By the specification the entry stays; some engines delete it and one refuses the layer.',
    section: `${layer}, "Whiteouts"`,
    remedy: mended,
  },
  'tar-whiteout-after-directory': {
    severity: 'warning',
    means:
      'A layer has a directory and after it a whiteout of the same name. By the specification the directory stays; most engines stumble over it.',
    section: `${layer}, "Whiteouts"`,
    remedy: mended,
  },
  'tar-whiteout-before-directory': {
    severity: 'warning',
    means:
      'A layer deletes a directory and brings one of the same name. What was in the old one comes back where layers are overlaid.',
    section: `${layer}, "Whiteouts"`,
    remedy: `${mended} An opaque whiteout in the new directory says the same everywhere.`,
  },
  'tar-whiteout-before-entry': {
    severity: 'note',
    means: 'A layer deletes a name and brings it again. The whiteout is not needed.',
    section: `${layer}, "Whiteouts"`,
    remedy: 'Nothing: every engine does as it says.',
  },
  'tar-whiteout-below-file': {
    severity: 'error',
    means:
      'A whiteout stands below what is no directory, in the same layer or in those below: there is nothing to delete it in.',
    section: `${layer}, "Whiteouts"`,
    remedy: mended,
  },
  'tar-whiteout-under-whiteout': {
    severity: 'warning',
    means:
      'A whiteout stands below a path that the same layer deletes: one of the two is enough, and some engines stumble.',
    section: `${layer}, "Whiteouts"`,
    remedy: mended,
  },
  'tar-whiteout-late': {
    severity: 'note',
    means: 'A whiteout comes after other entries of its directory; writers should put it first.',
    section: `${layer}, "Whiteouts"`,
    remedy: 'Nothing: every engine applies whiteouts to lower layers alone.',
  },
  'tar-whiteout-lowest': {
    severity: 'note',
    means: 'A whiteout in the lowest layer, which has nothing below it to delete.',
    section: `${layer}, "Whiteouts"`,
    remedy: 'Nothing. `ocikit squash` leaves it out.',
  },
  'tar-whiteout-without-target': {
    severity: 'note',
    means: 'A whiteout of something that no lower layer has.',
    section: `${layer}, "Whiteouts"`,
    remedy: 'Nothing: every engine passes over it. `ocikit squash` leaves it out.',
  },
};

/** What may be wrong with a layer's entries, among themselves and with what lies below. */
export const tarKinds: Readonly<Record<TarCode, FindingKind>> = {
  ...whiteoutKinds,
  'tar-duplicate-path': {
    severity: 'error',
    means:
      'One path stands in a layer twice. The last counts here; some engines take the first, some refuse the layer.',
    section: `${layer}, "Distributable Format"`,
    remedy: mended,
  },
  'tar-below-file': {
    severity: 'error',
    means:
      'An entry lies below what is no directory, in the same layer or in those below, and no entry makes it one: engines do not replace it unasked.',
    section: `${layer}, "Applying Changesets"`,
    remedy: mended,
  },
  'tar-below-whiteout': {
    severity: 'warning',
    means: 'An entry lies below a path that the same layer deletes and does not bring again.',
    section: `${layer}, "Whiteouts"`,
    remedy: mended,
  },
  'tar-parent-late': {
    severity: 'warning',
    means:
      'A directory comes after something that is in it. Its time, and in some engines its mode and owner, are not those of the entry.',
    section: `${layer}, "Applying Changesets"`,
    remedy: mended,
  },
  'tar-parent-missing': {
    severity: 'note',
    means: 'A directory has no entry, in this layer or below: it becomes 0755, owner 0:0, with the time of unpacking.',
    section: `${layer}: it says nothing of it`,
    remedy: 'Give the directory an entry if its attributes matter.',
  },
  'tar-hardlink-forward': {
    severity: 'error',
    means: 'A hardlink stands before the file that it is another name of, or is one of itself: engines cannot make it.',
    section: `${layer}, "Hardlinks"`,
    remedy: 'Make the layer anew, the file before its other names: nobody can unpack it as it is.',
  },
  'tar-hardlink-lower': {
    severity: 'warning',
    means:
      'A hardlink is a name of a file of a lower layer, which may fail: where layers lie in directories of their own there is no such file.',
    section: `${layer}, "Hardlinks"`,
    remedy: `${mended} It becomes a copy of the file.`,
  },
  'tar-hardlink-missing': {
    severity: 'error',
    means: 'A hardlink is a name of a file that there is not, or that the layer has deleted before.',
    section: `${layer}, "Hardlinks"`,
    remedy: 'Make the layer anew: what the file held cannot be known.',
  },
  'tar-hardlink-directory': {
    severity: 'error',
    means: 'A hardlink is a name of a directory, which no system makes.',
    section: `${layer}, "Hardlinks"`,
    remedy: 'Make the layer anew: what was meant cannot be known.',
  },
  'tar-hardlink-deleted': {
    severity: 'warning',
    means:
      'A hardlink is a name of a file of the layer that a whiteout before it names as well. By the specification the file stays; engines that delete it cannot make the link.',
    section: `${layer}, "Whiteouts", "Hardlinks"`,
    remedy: mended,
  },
  'tar-symlink-dangling': {
    severity: 'note',
    means:
      'A symbolic link leads to something that the image has not. Often that is meant: what it leads to is mounted at run time.',
    section: `${layer}, "File Types"`,
    remedy: 'Look whether it is meant.',
  },
  'tar-symlink-outside': {
    severity: 'note',
    means:
      'A symbolic link has more `..` than there are directories above it. In a container it ends at the root; a program that unpacks carelessly is led out.',
    section: `${layer}, "File Types"`,
    remedy: 'Write the target as an absolute path.',
  },
  'tar-case-collision': {
    severity: 'note',
    means:
      'Two names in a directory differ only in case: on a disk that makes no difference (macOS, Windows) one of them is lost.',
    section: `${layer}: names are bytes`,
    remedy: 'Unpack on a disk that tells them apart.',
  },
  'tar-unicode-collision': {
    severity: 'note',
    means:
      'Two names in a directory are the same text in two ways of writing it (Unicode normalisation): on some disks (macOS) one of them is lost.',
    section: `${layer}: names are bytes; Unicode Standard Annex 15`,
    remedy: 'Rename one of them.',
  },
  'tar-entry-refused': {
    severity: 'error',
    means:
      'An entry that cannot be: a whiteout without a name, a hardlink that leads out of the root, a root that is no directory, a path with a NUL.',
    section: `${layer}, "Whiteouts", "File Types"`,
    remedy: 'Make the layer anew: engines refuse it, or make of it what was not meant.',
  },
};
