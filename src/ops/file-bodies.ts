import type { Bytes } from '../engine/engine.ts';
import type { KeptBodies } from '../graph/kept-bodies.ts';
import { contentKey, type FileNode, type Path } from '../tree/node.ts';
import type { PlacedFile } from './placed-file.ts';

/** The order in which a source has files: then each of its parts is read once. */
function inSourceOrder(files: ReadonlyMap<FileNode, Path>): readonly PlacedFile[] {
  const placed = Array.from(files, ([node, path]) => ({ node, path }));
  return placed.sort(({ node: { content: a } }, { node: { content: b } }) =>
    a.source === b.source ? a.member - b.member : a.source < b.source ? -1 : 1,
  );
}

/** Where the contents of files are, those of an image that were kept among them. */
interface Bodies {
  readonly bytesOf: (files: readonly PlacedFile[]) => Bytes;
  readonly kept?: KeptBodies | undefined;
}

/** Files with their contents whole, each content once, in the order in which their source has them: a layer is read once for all of its own. */
export async function* wholeBodies(
  look: Bodies,
  files: ReadonlyMap<FileNode, Path>,
): AsyncGenerator<readonly [FileNode, Uint8Array]> {
  const ordered = inSourceOrder(files);
  const distinct = ordered.filter(({ node }, at) => {
    const before = ordered[at - 1]?.node;
    return before === undefined || contentKey(before) !== contentKey(node);
  });
  const { kept } = look;
  const full: PlacedFile[] = [];
  for (const file of distinct) {
    const body = file.node.size === 0 ? new Uint8Array(0) : kept?.of(file.node);
    if (body === undefined) full.push(file);
    else yield [file.node, body];
  }
  let next = 0;
  let body: Uint8Array | undefined;
  let filled = 0;
  for await (const chunk of look.bytesOf(full)) {
    for (let at = 0; at < chunk.length; ) {
      const { node } = full[next] as PlacedFile;
      body ??= new Uint8Array(node.size);
      const part = chunk.subarray(at, at + node.size - filled);
      body.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < node.size) continue;
      yield [node, body];
      body = undefined;
      filled = 0;
      next++;
    }
  }
}
