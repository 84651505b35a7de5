import type { LayerEntry, Path } from './node.ts';
import { parentOf, shortTextOf } from './path.ts';

/** What engines refuse in a layer, entry by entry as it passes: a sentence each. State: what has come by. */
export class LayerFaults {
  readonly #kinds = new Map<Path, LayerEntry['kind'] | 'file' | 'directory'>();
  readonly #hidden = new Set<Path>();
  readonly faults: string[] = [];

  /** Looks at one entry (image-spec layer.md). */
  add(entry: LayerEntry): void {
    const name = `'${shortTextOf(entry.path)}'`;
    if (entry.kind === 'opaque') return;
    if (entry.kind === 'whiteout') {
      if (this.#kinds.has(entry.path))
        this.faults.push(`${name} and its whiteout in one layer: docker and podman delete it`);
      this.#hidden.add(entry.path);
    } else this.#addNode(entry, name);
    const above = this.#kinds.get(parentOf(entry.path));
    if (above !== undefined && above !== 'directory')
      this.faults.push(`${name} below what is no directory: podman refuses it`);
  }

  #addNode(entry: LayerEntry & { kind: 'node' | 'hardlink' }, name: string): void {
    const kind = entry.kind === 'node' && entry.node.kind === 'directory' ? 'directory' : 'file';
    if (this.#kinds.has(entry.path) && entry.path !== '')
      this.faults.push(`${name} stands there twice: podman refuses it`);
    if (entry.kind === 'hardlink' && this.#kinds.get(entry.target) !== 'file')
      this.faults.push(
        `the hardlink ${name} to '${shortTextOf(entry.target)}', which is not earlier in the layer: engines cannot make it`,
      );
    this.#kinds.set(entry.path, kind);
  }
}
