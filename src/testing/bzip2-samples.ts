const decoded = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

/** Streams that bzip2 1.0.8 wrote. */
export const bzip2Samples: Readonly<Record<'text' | 'empty' | 'zeros' | 'motd', Uint8Array>> = {
  /** `hello, world` and a newline, a thousand times. */
  text: decoded(
    'QlpoOTFBWSZTWTKMJnQAC7fRgAAQQAQGRJCAIABwQAwE1VGh6JqpBqpBlSDKkGVIPakG6kG6kHlUg5Ug+qQcqQfi7kinChIGUYTOgA==',
  ),
  empty: decoded('QlpoORdyRThQkAAAAAA='),
  /** 10 MiB of zeros. */
  zeros: decoded('QlpoOTFBWSZTWTNUU3kAUFBAIMAAAAQACCAAMMwFKaYEgTYgkCeLuSKcKEgZqim8gA=='),
  /** The tar of one file `etc/motd`. */
  motd: decoded(
    'QlpoOTFBWSZTWfkLFdsAADVbkMmAQADnBABAbkaeAAQAAAggAFRBRkyZNMBpPU9BtKJoDQaABXo48fCkkK/qU2scLrC1hBD2hiwi0FIUYpxaVQpy0AQT4XXxkiKvSLAR2LuSKcKEh8hYrtg=',
  ),
};
