import type { LayerEntry, Node, Path } from './node.ts';
import { parentOf, shortTextOf } from './path.ts';

type Kind = 'file' | 'directory' | 'symlink';

const kindOf = ({ kind }: Node): Kind => (kind === 'directory' || kind === 'symlink' ? kind : 'file');

/** What engines refuse in a layer, entry by entry as it passes: a sentence each. State: what has come by. */
export class LayerFaults {
  readonly #kinds = new Map<Path, Kind>();
  readonly faults: string[] = [];

  /** Looks at one entry (image-spec layer.md). */
  add(entry: LayerEntry): void {
    const name = `'${shortTextOf(entry.path)}'`;
    if (entry.kind === 'opaque') return;
    if (entry.kind !== 'whiteout') this.#addNode(entry, name);
    else if (this.#kinds.has(entry.path))
      this.faults.push(`${name} and its whiteout in one layer: docker and podman delete it`);
    // A symbolic link leads on: where /lib is usr/lib, engines put lib/x there.
    if (this.#above(entry.path) === 'file') this.faults.push(`${name} below what is no directory: podman refuses it`);
  }

  #addNode(entry: LayerEntry & { kind: 'node' | 'hardlink' }, name: string): void {
    if (this.#kinds.has(entry.path) && entry.path !== '')
      this.faults.push(`${name} stands there twice: podman refuses it`);
    const kind = entry.kind === 'node' ? kindOf(entry.node) : this.#kinds.get(entry.target);
    if (entry.kind === 'hardlink' && (kind === undefined || kind === 'directory'))
      this.faults.push(
        `the hardlink ${name} to '${shortTextOf(entry.target)}', which is not earlier in the layer: engines cannot make it`,
      );
    this.#kinds.set(entry.path, kind ?? 'file');
  }

  /** What the nearest path above is that the layer has. */
  #above(path: Path): Kind | undefined {
    for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
      const kind = this.#kinds.get(above);
      if (kind !== undefined) return kind;
    }
    return undefined;
  }
}
