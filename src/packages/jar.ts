import { invalid, OciError } from '../errors.ts';
import { nestedArchiveDepthLimit, nestedArchiveLimit, packageFileLimit, programLimit } from '../limits.ts';
import type { Path } from '../tree/node.ts';
import type { Parts } from '../tree/parts.ts';
import { nameOf } from '../tree/path.ts';
import { type Package, type PackageContext, type PackageReader, packageOf } from './package.ts';
import { linesOf, utf8Of } from './text.ts';
import { memberOf, zipMembers } from './zip.ts';

const archive = /\.(?:jar|war|ear|par|sar|nar|jpi|hpi|kar|far|lpkg|rar)$/i;
const properties = /(?:^|\/)pom\.properties$/i;

/** Maven's coordinates of an artifact. */
interface Coordinates {
  readonly group: string | undefined;
  readonly artifact: string;
  readonly version: string;
}

/** What is said in the files of one archive that say what it is. */
interface Said {
  readonly artifacts: readonly Coordinates[];
  readonly manifest: ReadonlyMap<string, string>;
  readonly nested: readonly Uint8Array[];
}

function propertiesOf(text: string): Coordinates | undefined {
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    const [, key, value] = /^\s*([^#!\s=:]+)\s*[=:]\s*(.*?)\s*$/.exec(line.slice(0, 4096)) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value);
  }
  const [group, artifact, version] = ['groupId', 'artifactId', 'version'].map(key => values.get(key) || undefined);
  return artifact === undefined || version === undefined ? undefined : { group, artifact, version };
}

/** The main section of a manifest (JAR File Specification): lines of 72 bytes go on after a blank. */
function manifestOf(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let last = '';
  for (const line of linesOf(text)) {
    if (line === '') break;
    const colon = line.indexOf(':');
    if (line.startsWith(' ')) values.set(last, `${values.get(last) ?? ''}${line.slice(1)}`);
    else if (colon > 0) {
      last = line.slice(0, colon).toLowerCase();
      values.set(last, line.slice(colon + 1).trim());
    }
  }
  return values;
}

/** What an archive's name says: `NAME-VERSION.jar`. */
function fromName(name: string): { readonly artifact: string; readonly version: string | undefined } {
  const stem = name.replace(/\.\w+$/, '');
  const [, artifact = stem, version] = /^(.+?)-(\d[\w.+-]*)$/.exec(stem) ?? [];
  return { artifact, version };
}

const first = (manifest: ReadonlyMap<string, string>, ...keys: readonly string[]): string | undefined =>
  keys.map(key => manifest.get(key)?.trim() || undefined).find(value => value !== undefined);

/** An archive without Maven's own file: what its manifest says, and its name. */
function guessed(name: string, manifest: ReadonlyMap<string, string>): Coordinates | undefined {
  const named = fromName(name);
  const symbolic = first(manifest, 'bundle-symbolicname')?.split(';')[0]?.trim();
  const title = first(manifest, 'implementation-title', 'specification-title');
  const version = named.version ?? first(manifest, 'implementation-version', 'specification-version', 'bundle-version');
  if (version === undefined || (named.version === undefined && symbolic === undefined && title === undefined))
    return undefined;
  const vendor = first(manifest, 'implementation-vendor-id');
  const group = vendor ?? (symbolic?.includes('.') === true ? symbolic.replace(/\.[^.]*$/, '') : undefined);
  return { group, artifact: named.artifact, version };
}

function packageFor(path: Path, { group, artifact, version }: Coordinates): Package {
  const name = group === undefined ? artifact : `${group}:${artifact}`;
  return packageOf(path, { type: 'maven', name, version, files: [path] });
}

/** One archive with those that are in it. State: how many bytes of nested archives may still be inflated. */
class JavaArchive {
  readonly #path: Path;
  readonly #context: PackageContext;
  #left = nestedArchiveLimit;

  constructor(path: Path, context: PackageContext) {
    this.#path = path;
    this.#context = context;
  }

  *#said(bytes: Uint8Array): Parts<Said & { readonly names: readonly string[] }> {
    const { subject } = this.#context;
    const artifacts: Coordinates[] = [];
    const [nested, names]: [Uint8Array[], string[]] = [[], []];
    let manifest: ReadonlyMap<string, string> = new Map();
    for (const member of zipMembers(bytes, subject)) {
      yield 1024;
      if (properties.test(member.name)) {
        const text = utf8Of(memberOf(bytes, member, { limit: packageFileLimit, subject }));
        const coordinates = propertiesOf(text);
        if (coordinates !== undefined) artifacts.push(coordinates);
        this.#spend(text.length);
      } else if (member.name.toUpperCase() === 'META-INF/MANIFEST.MF') {
        manifest = manifestOf(utf8Of(memberOf(bytes, member, { limit: packageFileLimit, subject })));
      } else if (archive.test(member.name)) {
        const inner = memberOf(bytes, member, { limit: this.#left, subject });
        this.#spend(inner.length + 1024);
        yield inner.length;
        nested.push(inner);
        names.push(nameOf(member.name));
      }
    }
    return { artifacts, manifest, nested, names };
  }

  #spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left <= 0)
      throw invalid(this.#context.subject, `archives within archives of at most ${nestedArchiveLimit} bytes`, 'more');
  }

  *packages(bytes: Uint8Array, name: string, depth = 0): Parts<readonly Package[]> {
    if (depth > nestedArchiveDepthLimit)
      throw invalid(this.#context.subject, `archives at most ${nestedArchiveDepthLimit} within another`, 'more');
    const { artifacts, manifest, nested, names } = yield* this.#said(bytes);
    const own = artifacts.length > 0 ? artifacts : [guessed(name, manifest)].flatMap(found => found ?? []);
    const packages = own.map(coordinates => packageFor(this.#path, coordinates));
    for (const [index, inner] of nested.entries()) {
      try {
        for (const one of yield* this.packages(inner, names[index] ?? '', depth + 1)) packages.push(one);
      } catch (error) {
        if (!(error instanceof OciError) || this.#left <= 0) throw error;
        this.#context.warn(error.message);
      }
    }
    return packages;
  }
}

/** A Java archive by Maven's own file in it, else by its manifest and its name; those within it as well. */
export const jar: PackageReader = {
  kind: 'manifest',
  isPlace: path => archive.test(path),
  limit: programLimit,
  read: ({ path, bytes }, context) => new JavaArchive(path, context).packages(bytes, nameOf(path)),
};
