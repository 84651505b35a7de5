import { decompress } from '../../codec/compression.ts';
import { blockSize, isHeader } from '../../codec/tar-header.ts';
import { OciError } from '../../errors.ts';
import { peek } from '../../stream/peek.ts';
import { compressionOfFile, fileReader } from '../archive/archive.ts';

/**
 * Whether a file is a tar, plain or compressed, as ADD tells one: its first header can be read. Throws `unsupported` for a
 * compression that ocikit does not read.
 */
export async function isTarFile(path: string): Promise<boolean> {
  const compression = compressionOfFile(path);
  try {
    const { head, close } = await peek(decompress(fileReader(path)(), compression, path), blockSize);
    await close();
    const block = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
    return block.length >= blockSize && isHeader(block, 0);
  } catch (error) {
    if (error instanceof OciError && error.code === 'invalid') return false;
    throw error;
  }
}
