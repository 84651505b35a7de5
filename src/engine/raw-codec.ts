/** What Node keeps in a stream of zlib's: the codec itself, called at once and without a stream's allocations. Not public, so it is looked at before it is used. */
export interface RawCodec {
  readonly _handle: {
    writeSync(flush: number, input: Uint8Array, at: number, length: number, ...output: OutputWords): void;
    onerror: (message: string, errno: number, code: string) => void;
    close(): void;
  };
  /** Free bytes of the output and unread bytes of the input after a call. */
  readonly _writeState: Uint32Array;
}
type OutputWords = [output: Uint8Array, at: number, length: number];

/** The codec of a stream, where it is what is expected; else the stream is ended. */
export function rawCodecOf(stream: { destroy(): unknown }): RawCodec | undefined {
  const { _handle: handle, _writeState: state } = stream as unknown as Partial<RawCodec>;
  if (typeof handle?.writeSync === 'function' && state instanceof Uint32Array) return stream as unknown as RawCodec;
  stream.destroy();
  return undefined;
}
