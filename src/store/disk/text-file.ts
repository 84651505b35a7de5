import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { invalid } from '../../errors.ts';
import { textFileLimit } from '../../limits.ts';
import { readInputFile } from './input-file.ts';
import { onDisk } from './system-error.ts';

/** At most `limit` bytes from the beginning of an open file. */
function firstBytes(file: number, limit: number): Buffer {
  const bytes = Buffer.alloc(limit);
  let filled = 0;
  for (let count = -1; count !== 0 && filled < limit; filled += count)
    count = readSync(file, bytes, filled, limit - filled, null);
  return bytes.subarray(0, filled);
}

const tooLarge = (path: string, limit: number): Error => invalid(path, `at most ${limit} bytes`, 'more');

/** A small file or pipe of the user's own, whole. Throws `invalid` where it is larger than `limit` bytes, be it without end. */
export async function readSmallFile(
  path: string,
  { limit, signal }: { readonly limit: number; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of readInputFile(path, signal)) {
    size += chunk.length;
    if (size > limit) throw tooLarge(path, limit);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

/** A small text file or pipe of the user's own. Throws `invalid` where it is larger than `textFileLimit`, be it without end. */
export async function readTextFile(path: string, signal?: AbortSignal): Promise<string> {
  return Buffer.from(await readSmallFile(path, { limit: textFileLimit, signal })).toString('utf8');
}

/** A small text file that was only found where it is looked for: nobody has to have meant it, and nobody writes to a pipe there. Throws as `readTextFile`, and `invalid` for what is no file. */
export function readFoundText(path: string): string {
  const bytes = onDisk(path, 'a text file', () => {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = fstatSync(file);
      if (!found.isFile() && !found.isDirectory())
        throw invalid(path, 'a text file', found.isFIFO() ? 'a pipe' : 'a device');
      return firstBytes(file, textFileLimit + 1);
    } finally {
      closeSync(file);
    }
  });
  if (bytes.length > textFileLimit) throw tooLarge(path, textFileLimit);
  return bytes.toString('utf8');
}
