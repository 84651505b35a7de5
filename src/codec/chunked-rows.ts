import type { Hasher } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { Chunks } from './chunks.ts';
import type { CutMember } from './tar-cutter.ts';
import { row, type TocRow, timeOf, tocText, typeWord, xattrsOf } from './toc-row.ts';

const sha256 = (): Hasher => nodeEngine.createHash('sha256');
const digestOf = (hasher: Hasher): string => `sha256:${hasher.digest()}`;

/** A file's body in the making. State: its chunks so far, and the one that is open. */
export class ChunkedBody {
  /** What a table says of each chunk. */
  readonly rows: TocRow[] = [];
  readonly finder: Chunks = new Chunks();
  readonly start: number;
  readonly #whole = sha256();
  #chunk = sha256();
  #from = 0;
  #to = 0;
  #offset: number;

  constructor(offset: number) {
    this.start = offset;
    this.#offset = offset;
  }

  add(bytes: Uint8Array): void {
    this.#whole.update(bytes);
    this.#chunk.update(bytes);
    this.#to += bytes.length;
  }

  /** The chunk is at its end, and its frame at `offset`. */
  cut(offset: number, end: 'data' | 'zeros'): void {
    this.rows.push({
      offset: this.#offset,
      chunkSize: this.#to - this.#from,
      chunkOffset: this.#from,
      chunkDigest: digestOf(this.#chunk),
      chunkType: end === 'zeros' ? end : '',
    });
    this.#chunk = sha256();
    this.#from = this.#to;
    this.#offset = offset;
  }

  digest(): string {
    return digestOf(this.#whole);
  }
}

/** The rows of a table of contents for an entry: its own, and one for each further chunk of its body. */
export function rowsOf(
  member: CutMember,
  body: ChunkedBody | undefined,
  { subject, end }: { readonly subject: string; readonly end: number },
): readonly TocRow[] {
  const name = tocText(member.path, subject);
  const time = (value: bigint | undefined): string | undefined =>
    value === undefined ? undefined : timeOf(value, subject);
  const [first, ...others] = body?.rows ?? [];
  const own = row({
    type: typeWord(member),
    name,
    linkName: tocText(member.link, subject),
    mode: member.mode,
    size: member.size,
    uid: member.uid,
    gid: member.gid,
    modtime: timeOf(member.mtime, subject),
    accesstime: time(member.atime),
    changetime: time(member.ctime),
    devMajor: member.major,
    devMinor: member.minor,
    xattrs: xattrsOf(member, subject),
    digest: body?.digest(),
    ...(body === undefined ? {} : { offset: body.start, endOffset: end }),
    ...(others.length === 0 ? {} : first),
  });
  return [own, ...others.map(chunk => row({ type: 'chunk', name, ...chunk }))];
}
