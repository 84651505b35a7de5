import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadTar, readBodies } from '../../codec/read-bodies.ts';
import type { FileNode } from '../../tree/node.ts';
import { makeSpool } from '../archive/spool.ts';
import { type Region, regionChunks } from '../disk/region.ts';
import { blocksOf, SparseFile } from '../disk/sparse-file.ts';
import { onDisk } from '../disk/system-error.ts';

const room = 'room for what is in a tar';

/** Where bodies are that were asked for at once. */
interface Filled {
  readonly file: number;
  readonly regions: Map<number, Region>;
}

/** Bodies of a tar written one after the other into files of our own, so that they can be read in any order. State: those that are wanted now. */
export class SpooledBodies {
  readonly #filled = new Set<Filled>();

  /** Reads the tar for these members' bodies, which are kept beside `layout` until the answer is called. Others may do so meanwhile. */
  async fill(read: ReadTar, members: ReadonlySet<number>, layout: string): Promise<() => void> {
    const stage = makeSpool(layout);
    const file = onDisk(layout, room, () => openSync(join(stage.inside, 'bodies'), 'wx+', 0o600));
    const filled: Filled = { file, regions: new Map() };
    const close = (): void => {
      this.#filled.delete(filled);
      closeSync(file);
      stage.removeNow();
    };
    try {
      await spool(read, members, { ...filled, layout });
    } catch (error) {
      close();
      throw error;
    }
    this.#filled.add(filled);
    return close;
  }

  body({ content, size }: FileNode, subject: string): Iterable<Uint8Array> {
    if (size === 0) return [];
    for (const { file, regions } of this.#filled) {
      const region = regions.get(content.member);
      if (region !== undefined) return regionChunks(file, region, subject);
    }
    throw new Error(`${subject}: a body that was not prepared`);
  }
}

async function spool(
  read: ReadTar,
  members: ReadonlySet<number>,
  { file, regions, layout }: Filled & { readonly layout: string },
): Promise<void> {
  const bodies = new SparseFile(blocksOf(file));
  let [start, size] = [0, 0];
  await readBodies(read, members, {
    begin: () => {
      start = size;
    },
    data: chunk => {
      onDisk(layout, room, () => bodies.write(chunk));
      size += chunk.length;
    },
    end: member => regions.set(member, { offset: start, size: size - start }),
  });
  onDisk(layout, room, () => bodies.end());
}
