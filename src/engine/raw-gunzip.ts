import { createGunzip } from 'node:zlib';
import { checkGunzipEnd, gunzipFailure } from './gunzip-failure.ts';
import { type RawCodec, rawCodecOf } from './raw-codec.ts';

/** Node's gunzip without its stream, or undefined where this Node has it otherwise: it is not public. */
export const openRawGunzip = (): RawCodec | undefined => rawCodecOf(createGunzip());

/** zlib's answer that there is nothing left but the end: an end inside a member is an error then. */
export const finish = 4;

/** A place in some bytes. */
interface Place {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** One gzip stream that is inflated in this thread, all its members. State: how long it has been so far, and how it ended. */
export class RawGunzip {
  readonly #codec: RawCodec;
  readonly #subject: string;
  #offset = 0;
  #failure: { readonly code: string; readonly message: string } | undefined;
  #ended = false;
  #followed = false;

  constructor(codec: RawCodec, subject: string) {
    this.#codec = codec;
    this.#subject = subject;
    codec._handle.onerror = (message, _errno, code) => {
      this.#failure = { code, message };
    };
  }

  /** One call of zlib's, for all bytes from a place on and as much room as there is. Throws what it has against them. */
  call(flush: number, from: Place, to: Place): { readonly free: number; readonly unread: number } {
    const { _handle: handle, _writeState: after } = this.#codec;
    handle.writeSync(flush, from.bytes, from.at, from.bytes.length - from.at, to.bytes, to.at, to.bytes.length - to.at);
    if (this.#failure !== undefined) throw gunzipFailure(this.#subject, { offset: this.#offset, ...this.#failure });
    return { free: after[0] as number, unread: after[1] as number };
  }

  /** What the stream's next bytes come to, which `inflate` gives; it answers what zlib left of them after a member that zeros follow. */
  *take(
    bytes: Uint8Array,
    inflate: (bytes: Uint8Array) => Generator<Uint8Array, Uint8Array | undefined>,
  ): Generator<Uint8Array> {
    this.#offset += bytes.length;
    const rest = this.#ended ? bytes : yield* inflate(bytes);
    if (rest === undefined) return;
    this.#ended = true;
    this.#followed ||= rest.some(byte => byte !== 0);
  }

  /** Throws for a stream of no bytes, and where something but zeros follows its end. */
  checkEnd(): void {
    checkGunzipEnd(this.#subject, { offset: this.#offset, followed: this.#followed });
  }

  close(): void {
    this.#codec._handle.close();
  }
}
