import { Header, Pax } from 'tar';
import type { Bytes } from '../../engine/engine.ts';
import { invalid } from '../../errors.ts';

/** A member of an archive to be written: a directory (its name ends in `/`), or a file of `size` bytes. */
export interface ArchiveEntry {
  readonly name: string;
  readonly size: number;
  readonly open: () => Bytes | Iterable<Uint8Array>;
}

const blockSize = 512;
const padding = Buffer.alloc(2 * blockSize);
const epoch = new Date(0);

/** One header, with a PAX header before it where ustar cannot hold the name (that of a sha512 blob) or the size. */
function headerOf({ name, size }: ArchiveEntry): Buffer {
  const isDirectory = name.endsWith('/');
  const fields = {
    path: name,
    mode: isDirectory ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: epoch,
    type: isDirectory ? 'Directory' : 'File',
  } as const;
  const header = new Header(fields);
  const block = Buffer.alloc(blockSize);
  if (!header.encode(block, 0)) return block;
  return Buffer.concat([new Pax({ path: name, size }).encode(), block]);
}

function* bodyEnd(size: number): Iterable<Uint8Array> {
  const left = size % blockSize;
  if (left > 0) yield padding.subarray(0, blockSize - left);
}

/**
 * A tar of plain files and directories: owner 0:0, modes 0644 and 0755, times 0, so that the same members give the same
 * bytes. A chunk is valid until the next is asked for. Throws `invalid` where a body has not its entry's size.
 */
export async function* writeArchive(entries: Iterable<ArchiveEntry>): Bytes {
  for (const entry of entries) {
    yield headerOf(entry);
    let written = 0;
    for await (const chunk of entry.open()) {
      written += chunk.length;
      if (written <= entry.size) yield chunk;
    }
    if (written !== entry.size) throw invalid(entry.name, `a size of ${entry.size} bytes`, `${written}`);
    yield* bodyEnd(entry.size);
  }
  yield padding;
}
