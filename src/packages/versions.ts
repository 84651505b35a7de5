import type { PackageType } from './package.ts';

/** Negative where the first is older, positive where it is newer, 0 where they are the same to the package manager. */
type Order = (one: string, other: string) => number;

/** Numbers of any length, in digits. */
function byNumber(one: string, other: string): number {
  const [a, b] = [one.replace(/^0+/, ''), other.replace(/^0+/, '')];
  return a.length - b.length || (a < b ? -1 : Number(a > b));
}

const byText: Order = (one, other) => (one < other ? -1 : Number(one > other));

const digits = /^\d+/;

/** How dpkg weighs a character (deb-version(7)): `~` before the end, the end before letters, letters before all else. */
function debWeight(character: string | undefined): number {
  if (character === '~') return -1;
  if (character === undefined || /\d/.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
  return /[A-Za-z]/.test(character) ? code : code + 256;
}

function compareDebPart(one: string, other: string): number {
  let [a, b] = [one, other];
  while (a !== '' || b !== '') {
    while (debWeight(a[0]) !== 0 || debWeight(b[0]) !== 0) {
      const difference = debWeight(a[0]) - debWeight(b[0]);
      if (difference !== 0) return difference;
      [a, b] = [a.slice(1), b.slice(1)];
    }
    const [first, second] = [digits.exec(a)?.[0] ?? '', digits.exec(b)?.[0] ?? ''];
    const difference = byNumber(first, second);
    if (difference !== 0) return difference;
    [a, b] = [a.slice(first.length), b.slice(second.length)];
  }
  return 0;
}

/** `[EPOCH:]UPSTREAM[-REVISION]`. */
function debParts(version: string): readonly [epoch: string, upstream: string, revision: string] {
  const [, epoch = '0', rest = version] = /^(\d+):(.*)$/.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  return dash < 0 ? [epoch, rest, '0'] : [epoch, rest.slice(0, dash), rest.slice(dash + 1)];
}

/** The order of dpkg's versions. */
export const compareDeb: Order = (one, other) => {
  const [a, b] = [debParts(one), debParts(other)];
  return byNumber(a[0], b[0]) || compareDebPart(a[1], b[1]) || compareDebPart(a[2], b[2]);
};

const separators = /^[^A-Za-z0-9~^]+/;
const segment = /^(?:\d+|[A-Za-z]+)/;

/** Where a mark that sorts apart begins one of them: what that says, or undefined where neither has it. */
function byMark(a: string, b: string): number | undefined {
  if (a[0] === '~' || b[0] === '~') return a[0] === b[0] ? undefined : a[0] === '~' ? -1 : 1;
  if (a[0] !== '^' && b[0] !== '^') return undefined;
  if (a[0] === b[0]) return undefined;
  // A caret is newer than the end, and older than any more text.
  if (a === '' || b === '') return a === '' ? -1 : 1;
  return a[0] === '^' ? -1 : 1;
}

/** The order of rpm's versions and releases (rpmvercmp). */
export const compareRpmPart: Order = (one, other) => {
  let [a, b] = [one, other];
  while (a !== '' || b !== '') {
    [a, b] = [a.replace(separators, ''), b.replace(separators, '')];
    const marked = byMark(a, b);
    if (marked !== undefined) return marked;
    if (a[0] === '~' || a[0] === '^') {
      [a, b] = [a.slice(1), b.slice(1)];
      continue;
    }
    const [first, second] = [segment.exec(a)?.[0], segment.exec(b)?.[0]];
    if (first === undefined || second === undefined) return a.length - b.length;
    const [isNumber, isOther] = [digits.test(first), digits.test(second)];
    if (isNumber !== isOther) return isNumber ? 1 : -1;
    const difference = isNumber ? byNumber(first, second) : byText(first, second);
    if (difference !== 0) return difference;
    [a, b] = [a.slice(first.length), b.slice(second.length)];
  }
  return 0;
};

const compareRpm: Order = (one, other) => {
  const parts = (version: string): readonly string[] => /^(?:(\d+):)?(.*?)(?:-([^-]*))?$/.exec(version)?.slice(1) ?? [];
  const [a, b] = [parts(one), parts(other)];
  return (
    byNumber(a[0] ?? '0', b[0] ?? '0') ||
    compareRpmPart(a[1] ?? '', b[1] ?? '') ||
    compareRpmPart(a[2] ?? '', b[2] ?? '')
  );
};

const early = ['alpha', 'beta', 'pre', 'rc'];
const suffixes = [...early, 'cvs', 'svn', 'git', 'hg', 'p'];
/** As much of a version as has apk's form; what stands behind it is one part more. */
const apkForm =
  /^(?:\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)(?![a-z])\d*)*(?:~[0-9a-f]+)?(?:-r\d+)?)?/;
/** What a version is made of, in the order that counts where two have different parts at one place: the earlier kind is the newer version. */
const apkKinds = ['first', 'number', 'letter', 'suffix', 'count', 'hash', 'revision', 'end', 'odd'] as const;
const apkPart =
  /^(?<first>\d+)|\.(?<number>\d+)|_(?<suffix>[a-z]+)|~(?<hash>[0-9a-f]+)|-r(?<revision>\d+)|(?<count>\d+)|(?<letter>[a-z])/g;

interface ApkPart {
  readonly kind: (typeof apkKinds)[number];
  readonly text: string;
}

const apkEnd: ApkPart = { kind: 'end', text: '' };

function apkParts(version: string): readonly ApkPart[] {
  const form = apkForm.exec(version)?.[0] ?? '';
  const parts = Array.from(form.matchAll(apkPart), ({ groups = {} }): ApkPart => {
    const kind = apkKinds.find(name => groups[name] !== undefined) ?? 'end';
    return { kind, text: groups[kind] ?? '' };
  });
  return form === version ? parts : [...parts, { kind: 'odd', text: version.slice(form.length) }];
}

function compareApkPart(one: ApkPart, other: ApkPart): number {
  const isEarly = ({ kind, text }: ApkPart): boolean => kind === 'suffix' && early.includes(text);
  if (one.kind !== other.kind)
    return Number(isEarly(other)) - Number(isEarly(one)) || apkKinds.indexOf(other.kind) - apkKinds.indexOf(one.kind);
  if (one.kind === 'suffix') return suffixes.indexOf(one.text) - suffixes.indexOf(other.text);
  // Behind the first, a number with a leading zero is a fraction.
  const isFraction = one.kind === 'number' && (one.text.startsWith('0') || other.text.startsWith('0'));
  const isText = isFraction || one.kind === 'letter' || one.kind === 'hash' || one.kind === 'odd';
  return isText ? byText(one.text, other.text) : byNumber(one.text, other.text);
}

/** The order of apk's versions. What has not their form is older than what ends there; apk calls two of those the same, here they are texts. */
export const compareApk: Order = (one, other) => {
  const [a, b] = [apkParts(one), apkParts(other)];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = compareApkPart(a[at] ?? apkEnd, b[at] ?? apkEnd);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** What stands behind a version's numbers: before the release itself, or after it. */
const prerelease = /^(?:a|alpha|b|beta|c|cr|rc|pre|preview|dev|m|milestone|snapshot)$/i;

/** Numbers and words one after the other, as most languages' packages have them; what comes before a release is older than it. */
const compareUsual: Order = (one, other) => {
  const words = (version: string): readonly string[] =>
    version
      .replace(/^v(?=\d)/, '')
      .replace(/\+[\w.-]*$/, '')
      .match(/\d+|[A-Za-z]+/g) ?? [];
  const [a, b] = [words(one), words(other)];
  const weigh = (word: string | undefined): number =>
    word === undefined ? 1 : digits.test(word) ? 3 : prerelease.test(word) ? 0 : 2;
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [x, y] = [a[at], b[at]];
    const isZero = [x, y].every(word => word === undefined || /^0+$/.test(word));
    const difference = isZero
      ? 0
      : weigh(x) - weigh(y) || (digits.test(x ?? '') ? byNumber(x ?? '', y ?? '') : byText(x ?? '', y ?? ''));
    if (difference !== 0) return difference;
  }
  return 0;
};

/** The order of the versions of a kind of packages. */
export function compareVersions(type: PackageType, one: string, other: string): number {
  switch (type) {
    case 'deb':
      return compareDeb(one, other);
    case 'rpm':
      return compareRpm(one, other);
    case 'apk':
      return compareApk(one, other);
    default:
      return compareUsual(one, other);
  }
}
