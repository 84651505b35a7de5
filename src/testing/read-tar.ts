import type { TarMember } from '../codec/tar-member.ts';
import { TarReader } from '../codec/tar-reader.ts';
import { OciError } from '../errors.ts';

/** What came of an archive, and what ended it early. */
export interface ReadTar {
  readonly members: readonly (TarMember & { readonly body: Buffer })[];
  readonly error: OciError | undefined;
}

/** Reads an archive in chunks of these lengths, over and over; each chunk is spoilt once it is pushed. */
export function readTar(bytes: Uint8Array, lengths: readonly number[] = [1 << 20]): ReadTar {
  const members: { member: TarMember; body: Buffer[] }[] = [];
  const reader = new TarReader(
    {
      member: member => void members.push({ member, body: [] }),
      data: chunk => members.at(-1)?.body.push(Buffer.from(chunk)),
      end: () => undefined,
    },
    'sample',
  );
  let error: unknown;
  try {
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const chunk = new Uint8Array(bytes.subarray(at, at + (lengths[turn % lengths.length] as number)));
      at += chunk.length;
      reader.push(chunk);
      chunk.fill(0x37);
    }
    reader.finish();
  } catch (thrown) {
    if (!(thrown instanceof OciError)) throw thrown;
    error = thrown;
  }
  return {
    members: members.map(({ member, body }) => ({ ...member, body: Buffer.concat(body) })),
    error: error as OciError | undefined,
  };
}
