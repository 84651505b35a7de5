/** The polynomial of CRC-64/ISO (ISO 3309), reflected: its upper and lower half. */
const [polynomialHigh, polynomialLow] = [0xd8000000, 0];

/** What each byte makes of the sum: upper and lower halves. */
const [high, low] = [new Uint32Array(256), new Uint32Array(256)];
for (let byte = 0; byte < 256; byte++) {
  let [upper, lower] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (lower & 1) === 1;
    lower = ((lower >>> 1) | ((upper & 1) << 31)) >>> 0;
    upper >>>= 1;
    if (isOdd) [upper, lower] = [(upper ^ polynomialHigh) >>> 0, (lower ^ polynomialLow) >>> 0];
  }
  high[byte] = upper;
  low[byte] = lower;
}

/** A running CRC-64/ISO as Go's hash/crc64 has it: inverted at both ends. */
export class Crc64 {
  #high = 0xffffffff;
  #low = 0xffffffff;

  update(bytes: Uint8Array): void {
    let [upper, lower] = [this.#high, this.#low];
    for (let at = 0; at < bytes.length; at++) {
      const index = (lower ^ (bytes[at] as number)) & 0xff;
      lower = ((lower >>> 8) | (upper << 24)) ^ (low[index] as number);
      upper = (upper >>> 8) ^ (high[index] as number);
    }
    this.#high = upper >>> 0;
    this.#low = lower >>> 0;
  }

  /** Eight bytes, the highest first. */
  digest(): Uint8Array {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, ~this.#high >>> 0);
    view.setUint32(4, ~this.#low >>> 0);
    return bytes;
  }
}
