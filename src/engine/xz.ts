import { invalid, OciError, unsupported } from '../errors.ts';
import type { Bytes } from './engine.ts';

/** What the decoder's codes mean (XZ Embedded, xz.h). Others are damage. */
const refusals: Readonly<Record<string, string>> = {
  '3': 'one that needs more memory than there is',
  '4': 'one that needs a dictionary of more than 64 MiB',
  '6': 'one with a filter or a check of another kind',
};
const damages: Readonly<Record<string, string>> = {
  '5': 'something else',
  '7': 'damaged bytes',
  '8': 'an end in the middle, or something after its end',
};

function xzError(error: unknown, subject: string, offset: number): unknown {
  const code =
    error instanceof Error ? /^get_next_output failed with error code (\d+)$/.exec(error.message)?.[1] : undefined;
  if (code === undefined) return error;
  if (Object.hasOwn(refusals, code))
    return unsupported(subject, 'an xz stream of LZMA2 alone, with CRC32 or CRC64', refusals[code] as string, {
      hint: 'what xz -dc writes is taken',
    });
  return invalid(subject, 'an xz stream', `${damages[code] ?? 'damaged bytes'} before offset ${offset}`);
}

/** Ends a decoder early. One that has come to its end with a chunk unread has given up its memory already, and stumbles over that. */
async function leave(reader: ReadableStreamDefaultReader): Promise<void> {
  try {
    await reader.cancel();
  } catch (error) {
    if (!(error instanceof TypeError) || !error.message.includes('destroy_context')) throw error;
  }
}

type Loaded = typeof import('xz-decompress');
type Wrapped = { readonly default: Loaded };

/** What 0.2.3 (pinned) has all streams wait for: one that nobody reads on would hold up every other for ever. */
interface Waiting {
  _contextMutex: { acquire(): Promise<void>; release(): void };
}

/** Each stream has a context of its own in the decoder's memory: there is nothing to wait for. */
const nothingToWaitFor: Waiting['_contextMutex'] = { acquire: async () => undefined, release: () => undefined };

async function loadDecoder(): Promise<Loaded['XzReadableStream']> {
  const loaded = await import('xz-decompress');
  // Node does not find the names that this CommonJS package exports; bundlers do.
  const { XzReadableStream } = 'XzReadableStream' in loaded ? loaded : (loaded as Wrapped).default;
  (XzReadableStream as unknown as Waiting)._contextMutex = nothingToWaitFor;
  return XzReadableStream;
}

/**
 * All streams of an xz file in chunks of 64 KiB; their checks (CRC32, CRC64) are looked at. Memory is what the dictionary
 * takes, 64 MiB at most (`xz -9`). Damage is an `invalid` error; filters other than LZMA2 and SHA-256 checks are `unsupported`.
 * Several may be read at a time, and one that is left or forgotten holds up no other.
 */
export async function* unxz(bytes: Bytes, subject: string): Bytes {
  const XzReadableStream = await loadDecoder();
  const iterator = bytes[Symbol.asyncIterator]();
  let offset = 0;
  const source = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done === true && offset === 0) throw invalid(subject, 'an xz stream', 'no bytes');
        if (next.done === true) return controller.close();
        offset += next.value.length;
        controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    // Nothing is read ahead: the source reuses its buffer.
    { highWaterMark: 0 },
  );
  const reader = new XzReadableStream(source).getReader();
  let isOver = false;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    isOver = true;
  } catch (error) {
    isOver = true;
    throw error instanceof OciError ? error : xzError(error, subject, offset);
  } finally {
    if (!isOver) await leave(reader);
    await iterator.return?.();
  }
}
