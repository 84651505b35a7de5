import { Crc64 } from '../engine/crc64.ts';
import { encodeBase64 } from '../spec/base64.ts';
import { jsonText } from '../spec/document.ts';
import { bytesOf, exactTextOf } from '../tree/path.ts';
import type { CutMember } from './tar-cutter.ts';

/** Raw bytes of one row at most: it stays in memory. */
const rowSize = 1 << 20;

/**
 * A tar without its bodies, as vbatts/tar-split writes it: a row of JSON for what is no body, and one for each entry with the
 * CRC-64 of its body. With the bodies it gives back every byte. State: raw bytes that have no row yet, and the body in the making.
 */
export class TarSplit {
  #raw: Uint8Array[] = [];
  #held = 0;
  #position = 0;
  #sum = new Crc64();

  *raw(bytes: Uint8Array): Generator<string> {
    for (let at = 0; at < bytes.length; at += rowSize) {
      const part = Buffer.from(bytes.subarray(at, at + rowSize));
      if (this.#held + part.length > rowSize) yield* this.#flush();
      this.#raw.push(part);
      this.#held += part.length;
    }
  }

  body(bytes: Uint8Array): void {
    this.#sum.update(bytes);
  }

  /** An entry's row, behind its body. */
  *entry({ path, type, size }: CutMember): Generator<string> {
    yield* this.#flush();
    const isEmpty = type !== 'file' || size === 0;
    const name = exactTextOf(path);
    yield this.#row({
      type: 1,
      ...(name === undefined ? { name_raw: encodeBase64(bytesOf(path)) } : { name }),
      ...(isEmpty ? {} : { size }),
      payload: isEmpty ? null : encodeBase64(this.#sum.digest()),
    });
    this.#sum = new Crc64();
  }

  *end(): Generator<string> {
    yield* this.#flush();
  }

  *#flush(): Generator<string> {
    if (this.#held === 0) return;
    const payload = encodeBase64(Buffer.concat(this.#raw));
    this.#raw = [];
    this.#held = 0;
    yield this.#row({ type: 2, payload });
  }

  #row(fields: object): string {
    return `${jsonText({ ...fields, position: this.#position++ })}\n`;
  }
}
