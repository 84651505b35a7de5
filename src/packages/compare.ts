import { isSystem } from './ownership.ts';
import type { Package } from './package.ts';
import { compareVersions } from './versions.ts';

/** What became of a package: added, deleted, upgraded, downgraded, or the same version otherwise. */
type PackageChangeKind = 'A' | 'D' | 'U' | 'W' | 'C';

/** A package of one side, the other, or both. */
interface PackagePair<T> {
  readonly kind: PackageChangeKind;
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** What is compared: a package, and its bytes. */
export interface SizedPackage {
  readonly found: Package;
  readonly size: number;
}

/** A package's version with its epoch before it. */
export const versionOf = ({ epoch, version }: Package): string =>
  epoch === undefined ? version : `${epoch}:${version}`;

/** Which packages are one in two versions: by architecture where they are the distribution's, else by the file that says them. */
function keyOf({ found }: SizedPackage, isFolded: boolean): string {
  const { type, name, architecture, path } = found;
  return [type, name, isSystem(found) ? (architecture ?? '') : isFolded ? '' : path].join('\0');
}

function grouped<T extends SizedPackage>(packages: readonly T[], isFolded: boolean): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of packages) {
    const key = keyOf(one, isFolded);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one]);
    else known.push(one);
  }
  for (const group of groups.values())
    group.sort((a, b) => compareVersions(a.found.type, versionOf(a.found), versionOf(b.found)));
  return groups;
}

/** Takes note of two that are one. */
type Pair<T> = (before: T, after: T) => void;

function changeOf<T extends SizedPackage>(before: T, after: T): PackagePair<T> | undefined {
  const order = compareVersions(after.found.type, versionOf(after.found), versionOf(before.found));
  if (versionOf(before.found) === versionOf(after.found))
    return before.size === after.size ? undefined : { kind: 'C', before, after };
  return { kind: order > 0 ? 'U' : order < 0 ? 'W' : 'C', before, after };
}

/** What is left of both sides once equal keys have been paired in the order of versions, equal versions first. */
interface Left<T> {
  readonly before: readonly T[];
  readonly after: readonly T[];
}

/** What is left of packages of one key once those of one version are pairs: each with the first that is left of the other side. */
function pairedByVersion<T extends SizedPackage>(olds: readonly T[], news: readonly T[], pair: Pair<T>): Left<T> {
  const byVersion = new Map<string, T[]>();
  for (const one of news.toReversed()) {
    const version = versionOf(one.found);
    const known = byVersion.get(version);
    if (known === undefined) byVersion.set(version, [one]);
    else known.push(one);
  }
  const taken = new Set<T>();
  const before = olds.filter(old => {
    const same = byVersion.get(versionOf(old.found))?.pop();
    if (same === undefined) return true;
    taken.add(same);
    pair(old, same);
    return false;
  });
  return { before, after: news.filter(one => !taken.has(one)) };
}

function pairedBy<T extends SizedPackage>(left: Left<T>, isFolded: boolean, found: PackagePair<T>[]): Left<T> {
  const [before, after] = [grouped(left.before, isFolded), grouped(left.after, isFolded)];
  const rest: { readonly before: T[]; readonly after: T[] } = { before: [], after: [] };
  const pair: Pair<T> = (old, one) => {
    const change = changeOf(old, one);
    if (change !== undefined) found.push(change);
  };
  for (const [key, group] of before) {
    const { before: olds, after: news } = pairedByVersion(group, after.get(key) ?? [], pair);
    after.delete(key);
    const count = Math.min(olds.length, news.length);
    for (const [at, old] of olds.slice(0, count).entries()) pair(old, news[at] as T);
    for (const old of olds.slice(count)) rest.before.push(old);
    for (const one of news.slice(count)) rest.after.push(one);
  }
  for (const news of after.values()) for (const one of news) rest.after.push(one);
  return rest;
}

/** What differs between two lists of packages, in the order of type and name. A language's package that moved with its version is one in two versions. */
export function diffPackageLists<T extends SizedPackage>(
  before: readonly T[],
  after: readonly T[],
): readonly PackagePair<T>[] {
  const pairs: PackagePair<T>[] = [];
  const rest = pairedBy(pairedBy({ before, after }, false, pairs), true, pairs);
  for (const one of rest.before) pairs.push({ kind: 'D', before: one, after: undefined });
  for (const one of rest.after) pairs.push({ kind: 'A', before: undefined, after: one });
  const nameOf = ({ before, after }: PackagePair<T>): string => {
    const found = (after ?? before)?.found;
    return `${found?.type}\0${found?.name}\0${found?.architecture ?? ''}`;
  };
  return pairs.sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : Number(nameOf(one) > nameOf(other))));
}
