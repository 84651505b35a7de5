import type { CutMember } from './tar-cutter.ts';
import { row, type TocRow, timeOf, tocText, typeWord, xattrsOf } from './toc-row.ts';

/** Bytes of a file in one member at most, as the format's own writer has it. */
export const chunkSize: number = 4 << 20;
const second = 1_000_000_000n;

/** A part of a file that a member begins with: where that lies in the blob, and where the part begins in the file. */
export interface EstargzChunk {
  readonly offset: number;
  readonly digest: string;
  readonly from: number;
}

/** The time of a row: rounded to whole seconds, half a second up; none for the epoch's first second. */
function roundedTime(time: bigint, subject: string): string | undefined {
  if (time >= 0n && time < second) return undefined;
  const fraction = ((time % second) + second) % second;
  return timeOf(time - fraction + (fraction >= second / 2n ? second : 0n), subject);
}

/** Names of owners by number: a table says one only where it is new for its number. */
class OwnerNames {
  readonly #known = new Map<string, string>();

  /** Undefined where the last row of this owner had the same. */
  changed(kind: 'user' | 'group', id: number, name: string): string | undefined {
    const key = `${kind} ${id}`;
    if (name === '' || this.#known.get(key) === name) return undefined;
    this.#known.set(key, name);
    return name;
  }
}

/** The rows of eStargz's table. State: the names of owners that it has said. */
export class EstargzRows {
  readonly #owners = new OwnerNames();
  readonly #subject: string;

  constructor(subject: string) {
    this.#subject = subject;
  }

  /** An entry's own row, and one for each further chunk. The last chunk does not say its size. */
  of(
    member: CutMember,
    { chunks, digest }: { readonly chunks: readonly EstargzChunk[]; readonly digest: string | undefined },
  ): readonly TocRow[] {
    const subject = this.#subject;
    const name = tocText(member.path, subject);
    const [first, ...others] = chunks;
    const sizeOf = (at: number): number | undefined => (at === others.length ? undefined : chunkSize);
    const own = row({
      name,
      type: typeWord(member),
      size: member.size,
      modtime: roundedTime(member.mtime, subject),
      linkName: tocText(member.link, subject),
      mode: member.mode,
      uid: member.uid,
      gid: member.gid,
      userName: this.#owners.changed('user', member.uid, tocText(member.userName, subject)),
      groupName: this.#owners.changed('group', member.gid, tocText(member.groupName, subject)),
      offset: first?.offset,
      devMajor: member.major,
      devMinor: member.minor,
      xattrs: xattrsOf(member, subject),
      digest,
      chunkSize: sizeOf(0),
      chunkDigest: first?.digest,
    });
    const further = others.map(({ offset, digest: chunkDigest, from }, at) =>
      row({ name, type: 'chunk', offset, chunkOffset: from, chunkSize: sizeOf(at + 1), chunkDigest }),
    );
    return [own, ...further];
  }
}
