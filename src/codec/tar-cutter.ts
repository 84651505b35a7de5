import { unsupported } from '../errors.ts';
import { shortTextOf } from '../tree/path.ts';
import { paxTime } from './pax.ts';
import { blockSize, fieldNumber } from './tar-header.ts';
import type { TarMember } from './tar-member.ts';
import { TarReader } from './tar-reader.ts';

/** A member, and of its header what it does not say itself: names of its owners, and times where they are recorded (nanoseconds). */
export interface CutMember extends TarMember {
  readonly userName: string;
  readonly groupName: string;
  readonly atime: bigint | undefined;
  readonly ctime: bigint | undefined;
}

/**
 * A part of a tar as its bytes are: `raw` is all that is no body (headers, padding, the end), `member` stands between the header
 * of an entry and its body, `end` behind the body. Bytes are valid until the next piece is asked for.
 */
export type TarPiece =
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'member'; readonly member: CutMember }
  | { readonly kind: 'end'; readonly member: CutMember };

function fieldText(block: Buffer, start: number, length: number): string {
  const nul = block.indexOf(0, start);
  return block.toString('latin1', start, nul < 0 || nul > start + length ? start + length : nul);
}

/** Old GNU headers keep times where others keep the beginning of a long name. */
function gnuTime(block: Buffer, start: number): bigint | undefined {
  if (block.toString('latin1', 257, 265) !== 'ustar  \0' || block[start] === 0) return undefined;
  const seconds = fieldNumber(block, start, 12);
  return Number.isNaN(seconds) ? undefined : BigInt(seconds) * 1_000_000_000n;
}

function cutMember(member: TarMember, header: Buffer): CutMember {
  const { records } = member;
  const subject = (): string => `tar entry '${shortTextOf(member.path)}'`;
  return {
    ...member,
    // Some write the file's type beside its mode: it is compared as it stands.
    mode: fieldNumber(header, 100, 8),
    userName: records.get('uname') ?? fieldText(header, 265, 32),
    groupName: records.get('gname') ?? fieldText(header, 297, 32),
    atime: paxTime(records, 'atime', subject) ?? gnuTime(header, 345),
    ctime: paxTime(records, 'ctime', subject) ?? gnuTime(header, 357),
  };
}

/**
 * Cuts a tar into headers and bodies without changing a byte: all pieces together are the tar. State: how far it is. Throws
 * `invalid` as `TarReader`, and `unsupported` for sparse files, whose bodies are not their contents.
 */
export class TarCutter {
  readonly #reader: TarReader;
  readonly #met: TarMember[] = [];
  /** The last block of what is no body. */
  #header: Buffer = Buffer.alloc(0);
  #body: { readonly member: CutMember; left: number } | undefined;
  /** Bytes of the tar that have been cut. */
  #position = 0;

  constructor(subject: string) {
    const member = (met: TarMember): undefined => {
      if (met.isSparse)
        throw unsupported(
          `${subject}: tar entry '${shortTextOf(met.path)}'`,
          'a file that is stored whole, which a table of contents can speak of',
          'a sparse one',
        );
      this.#met.push(met);
    };
    this.#reader = new TarReader({ member, data: () => undefined, end: () => undefined }, subject);
  }

  /** The pieces of the next bytes. */
  *cut(chunk: Uint8Array): Generator<TarPiece> {
    this.#reader.push(chunk);
    for (let at = 0; at < chunk.length || this.#isDue(); ) {
      if (this.#body !== undefined) {
        const bytes = chunk.subarray(at, at + this.#body.left);
        if (bytes.length > 0) yield { kind: 'body', bytes };
        at += bytes.length;
        this.#position += bytes.length;
        this.#body.left -= bytes.length;
        if (this.#body.left === 0) yield this.#end(this.#body.member);
        continue;
      }
      const bytes = chunk.subarray(at, this.#met[0] === undefined ? undefined : at + this.#untilBody(this.#met[0]));
      if (bytes.length > 0) yield this.#raw(bytes);
      at += bytes.length;
      if (this.#isDue()) yield this.#begin();
    }
  }

  /** Throws `invalid` where the tar stops inside a member. */
  finish(): void {
    this.#reader.finish();
  }

  #untilBody({ offset }: TarMember): number {
    return offset + blockSize - this.#position;
  }

  /** Whether a member's header has been cut, or an empty body. */
  #isDue(): boolean {
    if (this.#body !== undefined) return this.#body.left === 0;
    return this.#met[0] !== undefined && this.#untilBody(this.#met[0]) === 0;
  }

  #raw(bytes: Uint8Array): TarPiece {
    this.#position += bytes.length;
    const recent = bytes.length >= blockSize ? bytes.subarray(-blockSize) : Buffer.concat([this.#header, bytes]);
    this.#header = Buffer.from(recent.subarray(-blockSize));
    return { kind: 'raw', bytes };
  }

  #begin(): TarPiece {
    const member = cutMember(this.#met.shift() as TarMember, this.#header);
    this.#body = { member, left: member.type === 'file' ? member.size : 0 };
    return { kind: 'member', member };
  }

  #end(member: CutMember): TarPiece {
    this.#body = undefined;
    return { kind: 'end', member };
  }
}
