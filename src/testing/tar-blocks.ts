/** What tars are made of (bytes): headers, and bodies that are filled up with zeros. */
export const block = 512;

export const padded = (bytes: Uint8Array): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((block - (bytes.length % block)) % block)]);

/** Writes the sum of a header into it, as POSIX has it. */
export function withSum(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** A record of a PAX header; `said` is `key=value`. */
export function paxRecord(said: string): string {
  const rest = ` ${said}\n`;
  let length = rest.length;
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
  return `${length}${rest}`;
}
