import { createRequire, syncBuiltinESMExports } from 'node:module';
import type * as Zlib from 'node:zlib';

const zlib = createRequire(import.meta.url)('node:zlib') as typeof Zlib;

/** Does something; `seen` is shown each stream of zlib's that is made to deflate meanwhile. */
export async function seeingDeflates(
  seen: (stream: Zlib.DeflateRaw, options: Zlib.ZlibOptions) => void,
  action: () => Promise<unknown>,
): Promise<void> {
  const { createDeflateRaw } = zlib;
  const become = (value: typeof createDeflateRaw): void => {
    Object.defineProperty(zlib, 'createDeflateRaw', { value });
    syncBuiltinESMExports();
  };
  become((options = {}) => {
    const stream = createDeflateRaw(options);
    seen(stream, options);
    return stream;
  });
  try {
    await action();
  } finally {
    become(createDeflateRaw);
  }
}
