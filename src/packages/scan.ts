import { invalid, OciError } from '../errors.ts';
import { packageBytesLimit, packageFileLimit, packageLimit, packagePathLimit } from '../limits.ts';
import { contentKey, type FileNode, type Path, type Tree } from '../tree/node.ts';
import type { Parts } from '../tree/parts.ts';
import { shortTextOf } from '../tree/path.ts';
import { find, reachedIn } from '../tree/walk.ts';
import { type OsRelease, osReleasePlaces, parseOsRelease } from './os-release.ts';
import type { Package, PackageContext } from './package.ts';
import { isBesideAny, knownIn, type PackagePlace, placeAt } from './search.ts';

/** What was found: packages, and who made the system. */
export interface ScannedPackages {
  readonly packages: readonly Package[];
  readonly system: OsRelease;
}

/** Sentences about one file: a database may be wrong in any number of places. */
const mostWarnings = 3;

/** Reads a file; where it is not what it should be, that is a warning and there are no packages in it. */
export function* readGently(
  place: PackagePlace,
  bytes: Uint8Array,
  context: PackageContext,
): Parts<readonly Package[]> {
  try {
    return yield* place.reader.read({ path: place.known, bytes }, context);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    context.warn(error.message);
    return [];
  }
}

/**
 * A root filesystem's packages, found in two passes: `visit` sees every path and tells which contents are wanted, `take` gets
 * them in any order. State: what is wanted, and what is held until all that is read together is there.
 */
export class PackageScan {
  readonly #tree: Tree;
  readonly #subject: string;
  readonly #warn: (sentence: string) => void;
  readonly #knownAs: (path: Path) => Path;
  readonly #places: PackagePlace[] = [];
  readonly #byContent = new Map<string, PackagePlace[]>();
  readonly #wanted = new Map<FileNode, Path>();
  readonly #holding = new Set<string>();
  readonly #held = new Map<string, Uint8Array>();
  readonly #found = new Map<PackagePlace, readonly Package[]>();
  #heldBytes = 0;
  #packages = 0;
  #paths = 0;

  constructor(tree: Tree, { subject, warn }: Pick<PackageContext, 'subject' | 'warn'>) {
    this.#tree = tree;
    this.#subject = subject;
    this.#warn = warn;
    this.#knownAs = knownIn(tree);
  }

  /** Sees a path of the tree. */
  visit(path: Path, node: FileNode): void {
    const place = placeAt(path, node, this.#knownAs);
    const isTooLarge = place !== undefined && node.size > place.reader.limit;
    if (isTooLarge)
      this.#warn(
        `${this.#named(path)}: expected at most ${place.reader.limit} bytes, got ${node.size}; it is not read`,
      );
    const isBeside = node.size <= packageFileLimit && isBesideAny(path, this.#knownAs);
    if (!isBeside && (place === undefined || isTooLarge)) return;
    const key = contentKey(node);
    this.#wanted.set(node, path);
    if (isBeside || place?.reader.isBeside !== undefined) this.#holding.add(key);
    if (place === undefined || isTooLarge) return;
    this.#places.push(place);
    this.#byContent.set(key, [...(this.#byContent.get(key) ?? []), place]);
  }

  /** The files that say packages. */
  get places(): readonly PackagePlace[] {
    return this.#places;
  }

  /** The files whose contents are wanted, each with one of its paths. */
  get wanted(): ReadonlyMap<FileNode, Path> {
    return this.#wanted;
  }

  /** Whether a file is wanted for nothing but what its contents say by themselves whether they have it. */
  isAlone(node: FileNode): boolean {
    const key = contentKey(node);
    const places = this.#byContent.get(key) ?? [];
    return !this.#holding.has(key) && places.every(({ reader }) => reader.glance !== undefined);
  }

  /** Takes the contents of one of them, and keeps them where they are read later. */
  *take(node: FileNode, bytes: Uint8Array): Parts<void> {
    const places = this.#byContent.get(contentKey(node)) ?? [];
    for (const place of places.filter(({ reader }) => reader.isBeside === undefined)) yield* this.#read(place, bytes);
    if (!this.#holding.has(contentKey(node))) return;
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > packageBytesLimit)
      throw invalid(this.#subject, `databases of packages of at most ${packageBytesLimit} bytes`, 'more');
    this.#held.set(contentKey(node), bytes);
  }

  /** Reads what was held, and tells all that was found, in the order of paths. */
  *finish(): Parts<ScannedPackages> {
    for (const place of this.#places) {
      const bytes = this.#held.get(contentKey(place.node));
      if (place.reader.isBeside !== undefined && bytes !== undefined) yield* this.#read(place, bytes);
    }
    const release = osReleasePlaces.map(path => this.#file(path)).find(bytes => bytes !== undefined);
    const packages = this.#places.flatMap(place => this.#found.get(place) ?? []);
    return { packages, system: release === undefined ? new Map() : parseOsRelease(release) };
  }

  #named(path: Path): string {
    return `${this.#subject}: /${shortTextOf(path)}`;
  }

  #file(path: Path): Uint8Array | undefined {
    const real = reachedIn(this.#tree, path);
    const node = real === undefined ? undefined : find(this.#tree, real);
    return node?.kind === 'file' ? this.#held.get(contentKey(node)) : undefined;
  }

  *#read(place: PackagePlace, bytes: Uint8Array): Parts<void> {
    const subject = this.#named(place.path);
    let said = 0;
    const warn = (sentence: string): void => {
      said++;
      if (said <= mostWarnings) this.#warn(sentence.startsWith(subject) ? sentence : `${subject}: ${sentence}`);
    };
    const found = yield* readGently(place, bytes, { subject, file: path => this.#file(path), warn });
    if (said > mostWarnings) this.#warn(`${subject}: ${said - mostWarnings} more in it cannot be read`);
    this.#found.set(
      place,
      found.map(one => (one.path === place.known ? { ...one, path: place.path } : one)),
    );
    this.#count(found);
  }

  #count(found: readonly Package[]): void {
    this.#packages += found.length;
    for (const { files } of found) this.#paths += files.length;
    if (this.#packages > packageLimit) throw invalid(this.#subject, `at most ${packageLimit} packages`, 'more');
    if (this.#paths > packagePathLimit)
      throw invalid(this.#subject, `packages of at most ${packagePathLimit} files`, 'more');
  }
}
