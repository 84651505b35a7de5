import { encodeBase64 } from '../spec/base64.ts';

/** A word as a shell takes it, whatever is in it. */
export const quoted = (word: string): string =>
  /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A command's line. */
export const line = (...words: readonly string[]): string => words.map(quoted).join(' ');

/** Lines that write a file, whose bytes are on no command line. The path is a shell's word already. */
export const writing = (content: Uint8Array, path: string): readonly string[] =>
  content.length === 0 ? [`: > ${path}`] : [`/usr/bin/base64 -d > ${path} <<'END'`, encodeBase64(content), 'END'];
