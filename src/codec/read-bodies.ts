import type { LayerSink } from './layer-reader.ts';

/** Reads a tar to its end. */
export type ReadTar = (sink: LayerSink) => Promise<void>;

/** Passes over a tar and hands the bodies of some members to `use`. */
export async function readBodies(
  read: ReadTar,
  members: ReadonlySet<number>,
  use: {
    readonly begin: (member: number) => void;
    readonly data: (chunk: Uint8Array) => void;
    readonly end: (member: number) => void;
  },
): Promise<void> {
  let member: number | undefined;
  await read({
    entry(entry) {
      const found = entry.kind === 'node' && entry.node.kind === 'file' ? entry.node.content.member : undefined;
      member = found !== undefined && members.has(found) ? found : undefined;
      if (member !== undefined) use.begin(member);
    },
    data(chunk) {
      if (member !== undefined) use.data(chunk);
    },
    end() {
      if (member !== undefined) use.end(member);
      member = undefined;
    },
  });
}
