import { invalid } from '../errors.ts';
import { decodeBase64 } from '../spec/base64.ts';
import type { Descriptor } from '../spec/objects.ts';
import { checkBytes } from '../stream/verified.ts';

/** The content that a descriptor carries in its `data` field, checked; undefined where it carries none (image-spec descriptor.md). */
export async function embeddedData(descriptor: Descriptor, subject: string): Promise<Uint8Array | undefined> {
  const { data } = descriptor;
  if (data === undefined || data === null) return undefined;
  const bytes = decodeBase64(data);
  if (bytes === undefined) throw invalid(`${subject}: data`, 'standard base64 (RFC 4648, section 4)', 'something else');
  await checkBytes(bytes, descriptor, `${subject}: data`);
  return bytes;
}
