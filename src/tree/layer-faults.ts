import type { LayerEntry, Node, Path } from './node.ts';
import { ancestorsOf, parentOf, shortTextOf } from './path.ts';

type Kind = 'file' | 'directory' | 'symlink';

const kindOf = ({ kind }: Node): Kind => (kind === 'directory' || kind === 'symlink' ? kind : 'file');

/** What engines refuse in a layer, entry by entry as it passes: a sentence each. State: what has come by. */
export class LayerFaults {
  readonly #kinds = new Map<Path, Kind>();
  readonly #hidden = new Set<Path>();
  /** Directories that something is in, whether they have entries or not. */
  readonly #parents = new Set<Path>();
  readonly faults: string[] = [];

  /** Looks at one entry (image-spec layer.md). */
  add(entry: LayerEntry): void {
    const name = `'${shortTextOf(entry.path)}'`;
    if (entry.kind === 'opaque') return;
    if (entry.kind === 'whiteout') this.#addWhiteout(entry.path, name);
    else this.#addNode(entry, name);
    // A symbolic link leads on: where /lib is usr/lib, engines put lib/x there.
    const above = this.#above(entry.path);
    if (above === 'file') this.faults.push(`${name} below what is no directory: podman refuses it`);
    if (above === 'whiteout') this.faults.push(`${name} below a whiteout: containerd refuses it`);
  }

  #addWhiteout(path: Path, name: string): void {
    this.#hidden.add(path);
    if (this.#kinds.has(path) || this.#parents.has(path))
      this.faults.push(`${name} and its whiteout in one layer: docker and podman delete it`);
  }

  #addNode(entry: LayerEntry & { kind: 'node' | 'hardlink' }, name: string): void {
    if (this.#kinds.has(entry.path) && entry.path !== '')
      this.faults.push(`${name} stands there twice: podman refuses it`);
    const kind = entry.kind === 'node' ? kindOf(entry.node) : this.#kinds.get(entry.target);
    if (kind === 'directory' && this.#hidden.has(entry.path))
      this.faults.push(`${name} and its whiteout in one layer: in containerd what is below comes back`);
    if (entry.kind === 'hardlink' && (kind === undefined || kind === 'directory'))
      this.faults.push(
        `the hardlink ${name} to '${shortTextOf(entry.target)}', which is not earlier in the layer: engines cannot make it`,
      );
    this.#kinds.set(entry.path, kind ?? 'file');
    for (const above of ancestorsOf(entry.path)) this.#parents.add(above);
  }

  /** What the nearest path above is that the layer has. */
  #above(path: Path): Kind | 'whiteout' | undefined {
    for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
      const kind = this.#kinds.get(above);
      if (kind !== undefined) return kind;
      if (this.#hidden.has(above)) return 'whiteout';
    }
    return undefined;
  }
}
