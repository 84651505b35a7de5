import type { LayerSink } from '../codec/layer-reader.ts';
import { isOfTarAlone, ofTarAloneText } from '../codec/tar-member.ts';
import { TarOddities } from '../codec/tar-oddities.ts';
import { OciError } from '../errors.ts';
import { documentAt, type Finding } from '../image/finding.ts';
import { type FindingCode, finding } from '../image/finding-codes.ts';
import type { Draft } from '../tree/draft.ts';
import { LayerFaults } from '../tree/layer-faults.ts';
import { nameCollisions } from '../tree/name-collisions.ts';
import type { ByteString, LayerEntry, Node, Path, Tree } from '../tree/node.ts';
import type { Operation } from '../tree/operation.ts';
import { joinPath, leadsOut, nameOf, parentOf, shortTextOf } from '../tree/path.ts';
import { placeIn } from '../tree/story.ts';
import { find, reachedIn } from '../tree/walk.ts';
import { danglingParents } from './below-links.ts';
import type { UserTexts } from './user-texts.ts';

/** What lies below a layer: the tree, and a draft of it that the layer is applied to. */
export interface Below {
  readonly tree: Tree;
  readonly draft: Draft;
  readonly isLowest: boolean;
}

/** A symbolic link that a layer brings. */
export interface PlacedLink {
  readonly path: Path;
  readonly target: ByteString;
  readonly offset: number;
  readonly blob: string;
}

export interface LintOptions {
  readonly below: Below | undefined;
  readonly users: UserTexts;
  readonly report: (finding: Finding) => void;
}

interface Found {
  readonly code: FindingCode;
  readonly name?: ByteString;
  readonly offset: number;
  readonly message: string;
}

/** A finding at an entry of a layer. */
export function entryFinding(blob: string, { code, name, offset, message }: Found): Finding {
  const member = name === undefined ? {} : { member: shortTextOf(name) };
  return finding(code, { ...documentAt('layer', blob), ...member, offset }, message);
}

/** What a tree has at a path, links before its last name followed; undefined as well where they go round. */
const leadsTo = (tree: Tree, path: Path): Node | undefined => find(tree, path) ?? find(tree, placeIn(tree, path));

/** Whether the nearest to a path that a tree has is no directory, links followed. */
function isBelowLeaf(tree: Tree, path: Path): boolean {
  for (let above = reachedIn(tree, parentOf(path)) ?? ''; above !== ''; above = parentOf(above)) {
    const node = find(tree, above);
    if (node !== undefined) return node.kind !== 'directory';
  }
  return false;
}

/** What an entry has had to replace by a directory that it lies in. */
function replacedBy(operations: readonly Operation[]): Path | undefined {
  const place = operations.length > 1 ? (operations.at(-1)?.path ?? '') : '';
  return operations.find(({ kind, path }) => kind === 'remove' && place.startsWith(`${path}/`))?.path;
}

/**
 * What is wrong with a layer, found as it is read: its headers, its entries among themselves, and what they do to the layers
 * below as far as those are known. State: the member that is being read.
 */
export class LayerLint implements LayerSink {
  readonly #blob: string;
  readonly #report: (finding: Finding) => void;
  readonly #faults: LayerFaults;
  readonly #oddities: TarOddities;
  readonly #types = new Set<string>();
  #below: Below | undefined;
  #offset = 0;
  readonly #users: UserTexts;
  /** The symbolic links that have come. */
  readonly links: PlacedLink[] = [];

  constructor(blob: string, { below, users, report }: LintOptions) {
    this.#blob = blob;
    this.#below = below;
    this.#users = users;
    this.#report = report;
    this.#faults = new LayerFaults(({ code, path, at, message }) =>
      this.#say({ code, name: path, offset: at, message }),
    );
    this.#oddities = new TarOddities(oddity => this.#say(oddity));
  }

  /** Whether the draft below has had the whole layer. */
  get isApplied(): boolean {
    return this.#below !== undefined;
  }

  #say(found: Found): void {
    this.#report(entryFinding(this.#blob, found));
  }

  header: NonNullable<LayerSink['header']> = (header, offset) => {
    if (isOfTarAlone(header)) this.#types.add(header.typeflag);
    this.#oddities.header(header, offset);
  };

  member: NonNullable<LayerSink['member']> = member => {
    this.#offset = member.offset;
    this.#oddities.member(member);
  };

  refused: NonNullable<LayerSink['refused']> = ({ path, offset }, { message }) =>
    this.#say({ code: 'tar-entry-refused', name: path, offset, message });

  unread: NonNullable<LayerSink['unread']> = (bytes, offset) => this.#oddities.unread(bytes, offset);

  data(chunk: Uint8Array): void {
    this.#users.data(chunk);
  }

  end(): void {
    this.#users.end();
  }

  entry(entry: LayerEntry): Iterable<number> | undefined {
    this.#faults.add(entry, this.#offset);
    this.#users.entry(entry);
    if (entry.kind === 'node' && entry.node.kind === 'symlink') this.#addLink(entry.path, entry.node.target);
    if (this.#below === undefined) return undefined;
    if (entry.kind === 'whiteout' || entry.kind === 'opaque') this.#addWhiteout(entry, this.#below);
    return this.#apply(entry, this.#below);
  }

  #addLink(path: Path, target: ByteString): void {
    this.links.push({ path, target, offset: this.#offset, blob: this.#blob });
    if (target.startsWith('/') || !leadsOut(joinPath(parentOf(path), target))) return;
    const message = `a link to '${shortTextOf(target)}', which leads out of the root`;
    this.#say({ code: 'tar-symlink-outside', name: path, offset: this.#offset, message });
  }

  #addWhiteout({ kind, path }: LayerEntry, { tree, isLowest }: Below): void {
    const offset = this.#offset;
    const what = kind === 'opaque' ? 'an opaque whiteout of' : 'a whiteout of';
    const name = `${what} '${shortTextOf(path)}'`;
    if (isLowest)
      this.#say({ code: 'tar-whiteout-lowest', name: path, offset, message: `${name} in the lowest layer` });
    else if (leadsTo(tree, path) !== undefined) return;
    else if (kind === 'whiteout' && this.#faults.above(path) === undefined && isBelowLeaf(tree, path))
      this.#say({
        code: 'tar-whiteout-below-file',
        name: path,
        offset,
        message: `${name}, below what lower layers have as no directory: docker and podman refuse it`,
      });
    else
      this.#say({
        code: 'tar-whiteout-without-target',
        name: path,
        offset,
        message: `${name}, which no lower layer has`,
      });
  }

  #apply(entry: LayerEntry, { draft }: Below): Iterable<number> | undefined {
    try {
      const parts = draft.applying(entry, operations => this.#addReplaced(entry, operations));
      return parts === undefined ? undefined : this.#held(parts, entry);
    } catch (error) {
      this.#failed(error, entry);
      return undefined;
    }
  }

  /** What the layer itself has as no directory there has been told of. */
  #addReplaced({ kind, path: name }: LayerEntry, operations: readonly Operation[]): undefined {
    const path = kind === 'node' || kind === 'hardlink' ? replacedBy(operations) : undefined;
    if (path === undefined || this.#faults.above(name) === 'file') return;
    const message = `'${shortTextOf(name)}' below '${shortTextOf(path)}', which is no directory: docker refuses it`;
    this.#say({ code: 'tar-below-file', name, offset: this.#offset, message });
  }

  *#held(parts: Iterable<number>, entry: LayerEntry): Generator<number> {
    try {
      yield* parts;
    } catch (error) {
      this.#failed(error, entry);
    }
  }

  /** What cannot be applied is told once: what comes after it cannot be known. A hardlink is told of when all names have come. */
  #failed(error: unknown, entry: LayerEntry): void {
    if (!(error instanceof OciError)) throw error;
    if (entry.kind === 'hardlink' && entry.path !== '') this.#faults.unmade(entry, this.#offset);
    else {
      this.#below = undefined;
      this.#say({ code: 'tar-entry-refused', name: entry.path, offset: this.#offset, message: error.message });
    }
  }

  #addBelowLinks(tree: Tree): void {
    const links = new Map(this.links.map(({ path, target }) => [path, target]));
    const faults = this.#faults;
    const has = (path: Path): boolean => faults.has(path);
    const placeOf = (path: Path): number => faults.placeOf(path);
    const layer = { parents: faults.parents(), paths: () => faults.paths(), has, placeOf, links };
    for (const name of danglingParents(tree, layer))
      this.#say({
        code: 'tar-below-link',
        name,
        offset: this.#faults.placeOf(name),
        message: 'the link leads nowhere',
      });
  }

  over: NonNullable<LayerSink['over']> = (isEnded, offset) => {
    this.#oddities.over(isEnded, offset);
    if (this.#below !== undefined) {
      const { tree, draft } = this.#below;
      this.#faults.finish({ below: path => leadsTo(tree, path), placeOf: path => placeIn(draft.tree(), path) });
      this.#addBelowLinks(tree);
    } else this.#faults.finish();
    if (this.#types.size > 0)
      this.#report(finding('tar-type-unusual', documentAt('layer', this.#blob), ofTarAloneText(this.#types)));
    for (const { kind, path, other } of nameCollisions(this.#faults.paths(), one => this.#faults.has(one)))
      this.#say({
        code: kind === 'case' ? 'tar-case-collision' : 'tar-unicode-collision',
        name: path,
        offset: this.#faults.placeOf(path),
        message: `beside '${shortTextOf(nameOf(other))}'`,
      });
  };
}
