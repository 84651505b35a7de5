import type { Path } from './node.ts';
import { each, type Parts } from './parts.ts';
import { nameOf } from './path.ts';

/** A file that is gone under one path and has come under another: a file deleted, a file added, and how much of them is the same, in percent. */
export interface Rename<T> {
  readonly from: T;
  readonly to: T;
  readonly similarity: number;
}

interface AtPath {
  readonly path: Path;
}

/** What a content is made of: how many bytes there are of each piece, by a hash of it. */
export interface Pieces {
  readonly size: number;
  readonly counts: ReadonlyMap<number, number>;
}

const pieceLength = 64;
const [lineFeed, carriageReturn] = [10, 13];

/** A content in pieces: lines, or 64 bytes where a line is longer; of a text, a carriage return before a line feed does not count (as git's -M has it). */
export function piecesOf(bytes: Uint8Array, isText: boolean): Pieces {
  const counts = new Map<number, number>();
  let [hash, length] = [0, 0];
  const add = (): void => {
    if (length > 0) counts.set(hash, (counts.get(hash) ?? 0) + length);
    [hash, length] = [0, 0];
  };
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (isText && byte === carriageReturn && bytes[at + 1] === lineFeed) continue;
    hash = (Math.imul(hash, 0x01000193) ^ (byte + length)) | 0;
    length++;
    if (length === pieceLength || byte === lineFeed) add();
  }
  add();
  return { size: bytes.length, counts };
}

/** The part of the larger content that the other has as well, from 0 to 1. */
function shared(one: Pieces, other: Pieces): number {
  const [few, many] = one.counts.size < other.counts.size ? [one, other] : [other, one];
  let bytes = 0;
  for (const [hash, count] of few.counts) bytes += Math.min(count, many.counts.get(hash) ?? 0);
  return bytes / Math.max(one.size, other.size, 1);
}

/** Whether contents of these sizes can be alike enough, from 0 to 1. */
export const canShare = (one: number, other: number, least: number): boolean =>
  Math.min(one, other) >= Math.max(one, other) * least;

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

/** Files of one content (`keyOf`), both lists in the order of paths: the first of the same last name, else the first that is left. In parts. */
export function* exactRenames<T extends AtPath>(
  deleted: readonly T[],
  added: readonly T[],
  keyOf: (one: T) => string,
): Parts<readonly Rename<T>[]> {
  const [byKey, byName] = [grouped(deleted, keyOf), grouped(deleted, one => `${keyOf(one)} ${nameOf(one.path)}`)];
  const used = new Set<T>();
  const next = new Map<readonly T[], number>();
  const first = (group: readonly T[] = []): T | undefined => {
    let at = next.get(group) ?? 0;
    while (at < group.length && used.has(group[at] as T)) at++;
    next.set(group, at);
    return group[at];
  };
  const renames: Rename<T>[] = [];
  yield* each(added, to => {
    const key = keyOf(to);
    const from = first(byName.get(`${key} ${nameOf(to.path)}`)) ?? first(byKey.get(key));
    if (from === undefined) return;
    used.add(from);
    renames.push({ from, to, similarity: 100 });
  });
  return renames;
}

interface Scored<T> extends Rename<T> {
  readonly score: number;
  readonly hasSameName: boolean;
}

/** So many of the best sources of a file are considered. */
const bestOfEach = 4;

const better = (a: Scored<unknown>, b: Scored<unknown>): number =>
  b.score - a.score || Number(b.hasSameName) - Number(a.hasSameName);

/** Names that only one file of a list has. */
function uniqueNames<T extends AtPath>(all: readonly T[]): ReadonlyMap<string, T> {
  const groups = [...grouped(all, ({ path }) => nameOf(path))];
  return new Map(groups.flatMap(([name, [one, ...others]]) => (others.length === 0 ? [[name, one as T]] : [])));
}

/** State: pairs of files as they are found to be alike. */
class Pairing<T extends AtPath> {
  readonly #pieces: (one: T) => Pieces;
  readonly #used = new Set<T>();
  readonly renames: Rename<T>[] = [];

  constructor(pieces: (one: T) => Pieces) {
    this.#pieces = pieces;
  }

  isLeft(one: T): boolean {
    return !this.#used.has(one);
  }

  scored(from: T, to: T, least: number): Scored<T> | undefined {
    const [one, other] = [this.#pieces(from), this.#pieces(to)];
    if (!canShare(one.size, other.size, least)) return undefined;
    const score = shared(one, other);
    if (score < least) return undefined;
    const hasSameName = nameOf(from.path) === nameOf(to.path);
    return { from, to, score, hasSameName, similarity: Math.floor(score * 100 + 1e-9) };
  }

  take({ from, to, similarity }: Scored<T>): void {
    if (!this.isLeft(from) || !this.isLeft(to)) return;
    this.#used.add(from).add(to);
    this.renames.push({ from, to, similarity });
  }
}

/**
 * Files that are alike by at least `least` (from 0 to 1), both lists in the order of paths, as git's -M pairs them: first those whose last names only they have, if they are alike by
 * half of the way to all; then the best pairs first. Work grows with the product of the lists. In parts.
 */
export function* inexactRenames<T extends AtPath>(
  deleted: readonly T[],
  added: readonly T[],
  { least, pieces }: { readonly least: number; readonly pieces: (one: T) => Pieces },
): Parts<readonly Rename<T>[]> {
  const pairing = new Pairing(pieces);
  const [older, newer] = [uniqueNames(deleted), uniqueNames(added)];
  yield* each(newer, ([name, to]) => {
    const from = older.get(name);
    const pair = from === undefined ? undefined : pairing.scored(from, to, (1 + least) / 2);
    if (pair !== undefined) pairing.take(pair);
  });
  const found: Scored<T>[] = [];
  for (const to of added.filter(one => pairing.isLeft(one))) {
    const best: Scored<T>[] = [];
    for (const from of deleted) {
      const pair = pairing.isLeft(from) ? pairing.scored(from, to, least) : undefined;
      if (pair !== undefined) best.push(pair);
      yield Math.min(pieces(from).counts.size, pieces(to).counts.size) << 4;
    }
    for (const one of best.sort(better).slice(0, bestOfEach)) found.push(one);
  }
  for (const pair of found.sort(better)) pairing.take(pair);
  return pairing.renames;
}
