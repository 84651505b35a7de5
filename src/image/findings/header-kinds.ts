import type { TarOddityCode } from '../../spec/tar-fault-codes.ts';
import type { EngineFactCode } from './engine-kinds.ts';
import { type FindingKind, goneWhenWritten, writtenAnew as mended } from './finding-kind.ts';

const layer = 'image-spec layer.md';
const ustar = 'POSIX pax, "ustar Interchange Format"';

const nameKinds = {
  'tar-name-outside': {
    severity: 'error',
    means:
      'A name leads out of the root by `..`. Engines keep it inside or refuse the layer; a careless program writes to the host.',
    section: `${layer}: it says nothing of it; CWE-22`,
    remedy: `Do not unpack it with a program that you do not know. ${mended}`,
  },
  'tar-name-dotdot': {
    severity: 'warning',
    means:
      'A name has `..` in it and stays inside the root. Where a link stands before it, engines disagree about where it leads.',
    section: `${layer}: it says nothing of it`,
    remedy: mended,
  },
  'tar-name-absolute': {
    severity: 'note',
    means: 'A name begins with `/`. Every engine reads it below the root.',
    section: `${layer}: it says nothing of it`,
    remedy: goneWhenWritten,
  },
  'tar-name-dot': {
    severity: 'note',
    means:
      'Names begin with `./`, as `tar -C` writes them; the first is shown. Every engine reads them below the root.',
    section: `${layer}: it says nothing of it`,
    remedy: goneWhenWritten,
  },
  'tar-name-encoding': {
    severity: 'note',
    means: 'A name is not UTF-8. Linux takes any bytes; programs that print or compare it may not.',
    section: `${layer}: names are bytes`,
    remedy: 'Nothing, if it is meant.',
  },
  'tar-name-control': {
    severity: 'note',
    means:
      'A name has control characters in it: a line break or a code for a terminal. Programs that print it are misled.',
    section: `${layer}: names are bytes; CWE-150`,
    remedy: 'Look whether it is meant.',
  },
  'tar-name-twice': {
    severity: 'warning',
    means:
      'An entry has its name in a PAX record and in a GNU header before it. Which of the two counts differs from reader to reader.',
    section: 'POSIX pax, "pax Extended Header"; GNU tar manual, "Basic Tar Format"',
    remedy: mended,
  },
  'tar-extension-twice': {
    severity: 'warning',
    means:
      'Two PAX headers, or two long names of one kind, stand before one entry. Engines take the last, GNU tar all of what both say: what one program checks is not what another unpacks.',
    section: 'POSIX pax, "pax Header Block": one before each file',
    remedy: mended,
  },
  'tar-root-entry': {
    severity: 'note',
    means: 'A layer has an entry for the root itself. Engines disagree about whether its attributes count.',
    section: 'image-spec manifest.md, "layers": the attributes of the root are unspecified',
    remedy: `Where it is 0755 and owner 0:0 nothing. ${goneWhenWritten}`,
  },
  'tar-whiteout-odd': {
    severity: 'warning',
    means: 'A whiteout is not an empty regular file. Engines look at its name alone.',
    section: `${layer}, "Whiteouts"`,
    remedy: mended,
  },
} as const satisfies Readonly<Record<string, FindingKind>>;

/** What may be odd about the header of a layer's entry, or about the archive around it. */
export const headerKinds: Readonly<Record<Exclude<TarOddityCode, EngineFactCode>, FindingKind>> = {
  ...nameKinds,
  'tar-time-range': {
    severity: 'note',
    means:
      'A time is before 1970, or later than a header can say in octal (the year 2242): engines clamp it, each in its way.',
    section: `${layer}, "File Attributes"; ${ustar}`,
    remedy: 'Set the times of the files anew.',
  },
  'tar-id-large': {
    severity: 'note',
    means:
      'An owner is above 2,097,151 (2^21 - 1), more than a header can say in octal, and far above what a user without root may map.',
    section: `${ustar}; user_namespaces(7)`,
    remedy: 'Give the files to a smaller ID: an engine without root cannot unpack them.',
  },
  'tar-setuid': {
    severity: 'note',
    means: 'A file runs with the rights of its owner or group, whoever starts it.',
    section: `${layer}, "File Attributes"; chmod(2)`,
    remedy: 'Look whether it is meant.',
  },
  'tar-capability': {
    severity: 'note',
    means: 'A program runs with capabilities of its own (`security.capability`), whoever starts it.',
    section: `${layer}, "File Attributes"; capabilities(7)`,
    remedy: 'Look whether it is meant.',
  },
  'tar-world-writable': {
    severity: 'note',
    means: 'Everybody may write to a file, or to a directory that has no sticky bit.',
    section: `${layer}, "File Attributes"; chmod(2)`,
    remedy: 'Look whether it is meant.',
  },
  'tar-device': {
    severity: 'note',
    means: 'A device node: only root can make it.',
    section: `${layer}, "File Types"`,
    remedy: 'Leave it out: runtimes bring /dev.',
  },
  'tar-sparse': {
    severity: 'note',
    means:
      'A file is stored sparsely (GNU.sparse in PAX), which writers should not do: not every program reads every form of it.',
    section: `${layer}, "File Types"; GNU tar manual, "Storing Sparse Files"`,
    remedy: goneWhenWritten,
  },
  'tar-sparse-gnu': {
    severity: 'warning',
    means:
      "A file is stored sparsely in GNU tar's own old form, an entry of type S: tar programs read it, engines refuse the layer.",
    section: `${layer}, "File Types"; GNU tar manual, "Storing Sparse Files"`,
    remedy: mended,
  },
  'tar-size-ignored': {
    severity: 'note',
    means: 'A link, a directory or a device says that it has a body. Programs disagree about whether one follows.',
    section: ustar,
    remedy: goneWhenWritten,
  },
  'tar-size-conflict': {
    severity: 'warning',
    means:
      'A PAX record says another size than the header beside it, which could say it as well. A reader that takes the wrong one reads a body as headers: what one program checks is not what another unpacks (CVE-2025-62518).',
    section: 'POSIX pax, "pax Extended Header": the record counts',
    remedy: mended,
  },
  'tar-pax-global': {
    severity: 'note',
    means: 'A global PAX header (`git archive` writes one). Engines pass over it, tar programs obey it.',
    section: 'POSIX pax, "pax Header Block"',
    remedy: mended,
  },
  'tar-pax-unknown': {
    severity: 'note',
    means: 'A PAX record that nobody here knows: engines pass over it.',
    section: 'POSIX pax, "pax Extended Header"',
    remedy: 'Nothing.',
  },
  'tar-xattr-libarchive': {
    severity: 'note',
    means: 'An extended attribute stands only in the form of libarchive, which engines pass over.',
    section: 'libarchive-formats(5); engines read SCHILY.xattr alone',
    remedy: goneWhenWritten,
  },
  'tar-xattr-host': {
    severity: 'note',
    means:
      'An extended attribute that belongs to the host and not to the image: a label of SELinux, a mark of overlayfs. Engines leave it out, some fail to set it.',
    section: `${layer}, "File Attributes"`,
    remedy: goneWhenWritten,
  },
  'tar-end-missing': {
    severity: 'note',
    means: 'The two blocks of zeros that end an archive are not both there. Engines do without; GNU tar warns.',
    section: ustar,
    remedy: goneWhenWritten,
  },
  'tar-padding': {
    severity: 'note',
    means:
      'Bytes that no reader reads, behind a body or behind the end of the archive, are not zeros: something is kept there, or was left.',
    section: ustar,
    remedy: goneWhenWritten,
  },
};
