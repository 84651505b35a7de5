import type { LayerFaultCode } from '../spec/tar-fault-codes.ts';
import type { LayerEntry, Node, Path } from './node.ts';
import { parentOf, shortTextOf } from './path.ts';

type Kind = 'file' | 'directory' | 'symlink';

/** One of them: what is wrong with which entry, in a sentence. `at` is what the entry was added with. */
interface LayerFault {
  readonly code: LayerFaultCode;
  readonly path: Path;
  readonly at: number;
  readonly message: string;
}

const kinds: readonly Kind[] = ['file', 'directory', 'symlink'];
const kindOf = ({ kind }: Node): Kind => (kind === 'directory' || kind === 'symlink' ? kind : 'file');
const quoted = (path: Path): string => `'${shortTextOf(path)}'`;

/** What a layer is applied to, and what that comes to. */
interface Around {
  /** What lower layers have at a path, links before its last name followed. */
  readonly below: (path: Path) => Node | undefined;
  /** Where a path is in the end, links before its last name followed. */
  readonly placeOf: (path: Path) => Path;
}

interface OpenLink {
  readonly path: Path;
  readonly target: Path;
  readonly at: number;
}

/**
 * What is wrong with the entries of one layer among themselves, found as they pass (image-spec layer.md). State: what has come
 * by, a number a path.
 */
export class LayerFaults {
  /** What the layer has: where it stands, and its kind in the lowest two bits. */
  readonly #nodes = new Map<Path, number>();
  readonly #whiteouts = new Set<Path>();
  readonly #opaque = new Set<Path>();
  /** Directories in which something has come, and the first of it where they have no entry themselves. */
  readonly #implied = new Map<Path, number>();
  readonly #links: OpenLink[] = [];
  readonly #unmade = new Set<Path>();
  /** What the layer has brought and then deleted. */
  readonly #taken = new Set<Path>();
  #parent: Path | undefined;
  readonly #say: (fault: LayerFault) => void;

  constructor(say: (fault: LayerFault) => void) {
    this.#say = say;
  }

  /** Looks at one entry; `at` says where it stands. */
  add(entry: LayerEntry, at = 0): void {
    const say = (code: LayerFaultCode, message: string): void => this.#say({ code, path: entry.path, at, message });
    if (entry.kind === 'opaque') this.#addOpaque(entry.path, say);
    else if (entry.kind === 'whiteout') this.#addWhiteout(entry.path, say);
    else this.#addNode(entry, at, say);
    this.#addParents(entry.path, at);
  }

  #addOpaque(path: Path, say: Say): void {
    if (this.#opaque.has(path)) say('tar-duplicate-path', `${quoted(path)} is made opaque twice: podman refuses it`);
    else if (this.#implied.has(path)) say('tar-whiteout-late', `${quoted(path)} is made opaque after entries in it`);
    const above = this.above(path);
    if (this.#kind(path) === 'file' || above === 'file')
      say('tar-whiteout-below-file', `${quoted(path)} is made opaque and is no directory: containerd refuses it`);
    else if (above === 'whiteout' || (this.#whiteouts.has(path) && !this.#nodes.has(path)))
      say('tar-whiteout-under-whiteout', `${quoted(path)} is made opaque and deleted: containerd refuses it`);
    this.#opaque.add(path);
  }

  #addWhiteout(path: Path, say: Say): void {
    const parent = parentOf(path);
    const isTaken = this.#nodes.has(path) || this.#implied.has(path);
    if (isTaken) this.#taken.add(path);
    if (this.#kind(path) === 'directory')
      say(
        'tar-whiteout-after-directory',
        `the directory ${quoted(path)} and its whiteout in one layer: docker and podman refuse it`,
      );
    else if (isTaken)
      say('tar-whiteout-after-entry', `${quoted(path)} and its whiteout in one layer: docker and podman delete it`);
    else if (this.#whiteouts.has(path))
      say('tar-duplicate-path', `${quoted(path)} is deleted twice: podman refuses it`);
    else if (parent !== '' && this.#implied.has(parent))
      say('tar-whiteout-late', `the whiteout of ${quoted(path)} comes after other entries beside it`);
    const above = this.above(path);
    if (above === 'file')
      say('tar-whiteout-below-file', `${quoted(path)} below what is no directory: podman refuses it`);
    if (above === 'whiteout')
      say('tar-whiteout-under-whiteout', `${quoted(path)} below a whiteout: containerd refuses it`);
    this.#whiteouts.add(path);
  }

  #addNode(entry: LayerEntry & { kind: 'node' | 'hardlink' }, at: number, say: Say): void {
    const { path } = entry;
    const kind = entry.kind === 'node' ? kindOf(entry.node) : this.#linked(entry, at, say);
    if (path !== '' && this.#nodes.has(path))
      say('tar-duplicate-path', `${quoted(path)} stands there twice: podman refuses it`);
    if (this.#whiteouts.has(path) && kind === 'directory')
      say(
        'tar-whiteout-before-directory',
        `${quoted(path)} and its whiteout in one layer: in containerd what is below comes back`,
      );
    else if (this.#whiteouts.has(path)) say('tar-whiteout-before-entry', `${quoted(path)} is deleted and comes again`);
    // A symbolic link leads on: where /lib is usr/lib, engines put lib/x there.
    const above = this.above(path);
    if (above === 'file') say('tar-below-file', `${quoted(path)} below what is no directory: podman refuses it`);
    if (above === 'whiteout') say('tar-below-whiteout', `${quoted(path)} below a whiteout: containerd refuses it`);
    if (kind === 'directory' && path !== '' && this.#implied.has(path) && !this.#nodes.has(path))
      say('tar-parent-late', `the directory ${quoted(path)} comes after something in it`);
    this.#taken.delete(path);
    this.#nodes.set(path, at * 4 + kinds.indexOf(kind));
  }

  /** What a hardlink names, as far as it has come. */
  #linked({ path, target }: { path: Path; target: Path }, at: number, say: Say): Kind {
    const kind = this.#kind(target);
    if (kind === 'directory')
      say(
        'tar-hardlink-directory',
        `the hardlink ${quoted(path)} to ${quoted(target)}, ${linkWords['tar-hardlink-directory']}`,
      );
    else if (kind === undefined || target === path) this.#links.push({ path, target, at });
    else if (this.#isTaken(target))
      say(
        'tar-hardlink-deleted',
        `the hardlink ${quoted(path)} to ${quoted(target)}: docker and podman have deleted it`,
      );
    return kind === undefined || kind === 'directory' ? 'file' : kind;
  }

  #isTaken(path: Path): boolean {
    if (this.#taken.size === 0) return false;
    for (let at = path; at !== ''; at = parentOf(at)) if (this.#taken.has(at)) return true;
    return false;
  }

  /** A hardlink that cannot be made over what lies below. */
  unmade({ path, target }: { readonly path: Path; readonly target: Path }, at: number): void {
    this.#unmade.add(path);
    if (this.#links.at(-1)?.at !== at && this.#kind(target) !== 'directory') this.#links.push({ path, target, at });
  }

  #addParents(path: Path, at: number): void {
    const parent = parentOf(path);
    if (parent === this.#parent) return;
    this.#parent = parent;
    for (let above = parent; above !== '' && !this.#implied.has(above); above = parentOf(above))
      this.#implied.set(above, at);
  }

  /** What the nearest path above is that the layer has. */
  above(path: Path): Kind | 'whiteout' | undefined {
    for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
      const kind = this.#kind(above);
      if (kind !== undefined) return kind;
      if (this.#whiteouts.has(above)) return 'whiteout';
    }
    return undefined;
  }

  /** The layer is at its end. What it is applied to is absent where nobody knows. */
  finish(around?: Around): void {
    for (const { path, target, at } of this.#links) {
      const code = this.#linkCode(path, target, around);
      if (code === undefined) continue;
      this.#say({ code, path, at, message: `the hardlink ${quoted(path)} to ${quoted(target)}, ${linkWords[code]}` });
    }
    if (around === undefined) return;
    for (const [path, at] of this.#implied)
      if (!this.#nodes.has(path) && around.below(path) === undefined)
        this.#say({ code: 'tar-parent-missing', path, at, message: `the directory ${quoted(path)} has no entry` });
  }

  /** What a hardlink is whose target has not come before it under the name that it has there; undefined where a link leads to it. */
  #linkCode(path: Path, target: Path, around: Around | undefined): keyof typeof linkWords | undefined {
    if (this.#nodes.has(target)) return 'tar-hardlink-forward';
    if (around === undefined) return 'tar-hardlink-lower';
    const found = around.below(target);
    if (found?.kind === 'directory') return 'tar-hardlink-directory';
    if (this.#unmade.has(path)) return 'tar-hardlink-missing';
    return found === undefined && this.#nodes.has(around.placeOf(target)) ? undefined : 'tar-hardlink-lower';
  }

  /** The paths of the layer. */
  paths(): Iterable<Path> {
    return this.#nodes.keys();
  }

  /** Directories in which the layer has something. */
  parents(): Iterable<Path> {
    return this.#implied.keys();
  }

  has(path: Path): boolean {
    return this.#nodes.has(path);
  }

  /** What the last entry of a path was added with. */
  placeOf(path: Path): number {
    return Math.floor((this.#nodes.get(path) ?? 0) / 4);
  }

  #kind(path: Path): Kind | undefined {
    const found = this.#nodes.get(path);
    return found === undefined ? undefined : kinds[found % 4];
  }
}

const notEarlier = 'which is not earlier in the layer: engines cannot make it';

const linkWords = {
  'tar-hardlink-forward': notEarlier,
  'tar-hardlink-missing': 'which is not there: engines cannot make it',
  'tar-hardlink-directory': 'a directory',
  'tar-hardlink-lower': 'which is not earlier in the layer: containerd cannot make it',
} as const;

type Say = (code: LayerFaultCode, message: string) => void;
