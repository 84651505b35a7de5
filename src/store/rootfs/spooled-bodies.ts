import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadTar, readBodies } from '../../codec/read-bodies.ts';
import type { FileNode } from '../../tree/node.ts';
import { makeSpool } from '../archive/spool.ts';
import { type Region, regionChunks } from '../disk/region.ts';
import { SparseFile } from '../disk/sparse-file.ts';
import { onDisk } from '../disk/system-error.ts';

const room = 'room for what is in a tar';

/** Bodies of a tar written one after the other into a file of our own, so that they can be read in any order. */
export class SpooledBodies {
  readonly #regions = new Map<number, Region>();
  #file: number | undefined;
  #size = 0;

  /** Reads the tar for these members' bodies, which are kept beside `layout` until the answer is called. */
  async fill(read: ReadTar, members: ReadonlySet<number>, layout: string): Promise<() => void> {
    const stage = makeSpool(layout);
    const file = onDisk(layout, room, () => openSync(join(stage.path, 'bodies'), 'wx+', 0o600));
    this.#file = file;
    this.#size = 0;
    this.#regions.clear();
    const close = (): void => {
      closeSync(file);
      stage.removeNow();
    };
    const bodies = new SparseFile(file);
    let start = 0;
    try {
      await readBodies(read, members, {
        begin: () => {
          start = this.#size;
        },
        data: chunk => {
          onDisk(layout, room, () => bodies.write(chunk));
          this.#size += chunk.length;
        },
        end: member => this.#regions.set(member, { offset: start, size: this.#size - start }),
      });
      onDisk(layout, room, () => bodies.end());
    } catch (error) {
      close();
      throw error;
    }
    return close;
  }

  body({ content, size }: FileNode, subject: string): Iterable<Uint8Array> {
    const region = this.#regions.get(content.member);
    if (size === 0) return [];
    if (region === undefined || this.#file === undefined) throw new Error(`${subject}: a body that was not prepared`);
    return regionChunks(this.#file, region, subject);
  }
}
