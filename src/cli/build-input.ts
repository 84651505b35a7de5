import { invalid, usage } from '../errors.ts';
import { textFileLimit } from '../limits.ts';
import type { Io } from './io.ts';
import type { Words } from './words.ts';

/** All of standard input, as text. */
async function textOf(io: Io): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of io.stdin()) {
    size += chunk.length;
    if (size > textFileLimit) throw invalid('stdin', `a Dockerfile of at most ${textFileLimit} bytes`, 'more');
    parts.push(Uint8Array.from(chunk));
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

/** What is built from, and the Dockerfile where standard input is that: `-` stands for standard input in either place. Throws `usage`. */
export async function readInput(
  words: Words,
  io: Io,
): Promise<{ readonly context: string | AsyncIterable<Uint8Array>; readonly dockerfile?: string }> {
  const context = words.word('context');
  if (words.text('file') !== '-') return { context: context === '-' ? io.stdin() : context };
  if (context === '-') throw usage('--file', 'expected a file beside -, got standard input as well');
  return { context, dockerfile: await textOf(io) };
}

/** The text of a Dockerfile that is standard input, where a check asks for one. */
export const readDockerfile = (words: Words, io: Io): Promise<string> | undefined =>
  words.word('context') === '-' || words.text('file') === '-' ? textOf(io) : undefined;
