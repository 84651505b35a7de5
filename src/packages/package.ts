import type { FileNode, Path } from '../tree/node.ts';
import type { PartialBody, Span } from '../tree/partial-body.ts';
import type { Parts } from '../tree/parts.ts';

/** What kinds of packages there are, as package URLs call them (purl-spec). */
export type PackageType = 'apk' | 'cargo' | 'composer' | 'deb' | 'gem' | 'golang' | 'maven' | 'npm' | 'pypi' | 'rpm';

/** What a package was built from, where that has another name or version. */
interface SourcePackage {
  readonly name: string;
  readonly version: string;
}

/** A package as its database or its own manifest says it. */
export interface Package {
  readonly type: PackageType;
  /** As its own tools say it; `GROUP:ARTIFACT` of Maven, `@SCOPE/NAME` of npm. */
  readonly name: string;
  /** As its own tools say it, without an rpm's epoch; empty where none is said. */
  readonly version: string;
  readonly epoch: number | undefined;
  readonly architecture: string | undefined;
  readonly source: SourcePackage | undefined;
  /** What it says of all of them together, where that is one expression. */
  readonly licence: string | undefined;
  /** Their names in the words of the package, in the order in which it says them. */
  readonly licences: readonly string[];
  readonly supplier: string | undefined;
  /** The file that says all this. */
  readonly path: Path;
  /** What it lists as its own; a list may hold directories, and files that are not there. */
  readonly files: readonly Path[];
  /** What its package URL says beside. */
  readonly qualifiers: Readonly<Record<string, string>>;
}

/** A file with all its bytes. */
export interface WholeFile {
  readonly path: Path;
  readonly bytes: Uint8Array;
}

/** What a reader may ask for while it reads. */
export interface PackageContext {
  /** What the messages call what is read. */
  readonly subject: string;
  /** A file beside, symbolic links followed, of those that `isBeside` names; undefined where there is none. */
  readonly file: (path: Path) => Uint8Array | undefined;
  /** Says what could not be read. */
  readonly warn: (sentence: string) => void;
}

/** How a file is told to say packages or none while it comes by. */
export interface Glance {
  /** What says nothing in a file that begins so, in order. */
  readonly unneeded: (beginning: Uint8Array, size: number) => readonly Span[];
  /** Whether it says packages, or is damaged; `unknown` where that is in what is missing. */
  readonly says: (body: PartialBody) => 'nothing' | 'something' | 'unknown';
}

/** How one kind of packages is found in a root filesystem. */
export interface PackageReader {
  /** `database`: one file says all packages, so a package's layer is found by what the file said in each; `manifest`: a file for each package. */
  readonly kind: 'database' | 'manifest';
  /** Whether a file says packages. Its path may be a well-known one that it is reached by. */
  readonly isPlace: (path: Path, node: FileNode) => boolean;
  /** Whether a file is needed beside. What has none is read as it comes by and is not held. */
  readonly isBeside?: (path: Path) => boolean;
  /** How contents tell by themselves whether they say packages: what says none need not be there to be read. */
  readonly glance?: Glance;
  /** What holds newer pages of a database, beside it. */
  readonly journalOf?: (path: Path) => Path;
  /** Bytes of a file that is read at most. */
  readonly limit: number;
  /** Throws `invalid` where the file is not what it should be. */
  readonly read: (file: WholeFile, context: PackageContext) => Parts<readonly Package[]>;
}

const nothing = {
  epoch: undefined,
  architecture: undefined,
  source: undefined,
  licence: undefined,
  licences: [],
  supplier: undefined,
  files: [],
  qualifiers: {},
};

/** A package of which only some is known. */
export function packageOf(path: Path, known: Pick<Package, 'type' | 'name' | 'version'> & Partial<Package>): Package {
  return { ...nothing, path, ...known };
}

/** A value as text that says something, else undefined. */
export const wordOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
