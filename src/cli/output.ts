import { usage } from '../errors.ts';
import type { Reading } from '../ops/options.ts';
import { needs, type Option, type Rule } from './command.ts';
import { escapeLine } from './escape.ts';
import { groupWarnings } from './group-warnings.ts';
import type { Io } from './io.ts';
import { jsonText } from './json-text.ts';
import { given, type Words } from './words.ts';
import { writtenPath } from './written-path.ts';

/** Prints a result as one JSON value. */
export function printJson(io: Io, value: unknown): void {
  io.stdout(`${jsonText(value)}\n`);
}

/** Characters that are written at once, and texts that are made in a row, before the event loop turns. */
const [chunkLength, textsInRow] = [1 << 16, 1 << 10];

async function* chunksOf(texts: Iterable<string>, encoding: 'utf8' | 'latin1', io: Io): AsyncGenerator<Uint8Array> {
  let held = '';
  let count = 0;
  for (const text of texts) {
    held += text;
    if (held.length < chunkLength && ++count < textsInRow) continue;
    yield Buffer.from(held, encoding);
    await new Promise(resolve => setImmediate(resolve));
    io.signal?.throwIfAborted();
    held = '';
    count = 0;
  }
  yield Buffer.from(held, encoding);
}

/** Prints texts one after the other as they are made, while the event loop turns: UTF-8, or with `latin1` byte strings. Throws the signal's reason. */
export function printTexts(io: Io, texts: Iterable<string>, encoding: 'utf8' | 'latin1' = 'utf8'): Promise<void> {
  return io.stdoutBytes(chunksOf(texts, encoding, io));
}

/** Prints warnings unless nobody wants them. */
export function printWarnings(io: Io, words: Words, warnings: readonly string[]): void {
  if (!words.flag('quiet')) warn(io, warnings);
}

/** Prints warnings where `--quiet` means something else. */
export function warn(io: Io, warnings: readonly string[]): void {
  for (const warning of groupWarnings(warnings))
    io.stderr(
      `ocikit: warning: ${escapeLine(warning.replace("the compressor 'portable'", '--compressor portable'))}\n`,
    );
}

/** Runs what reads places and whose result has no room for what was wrong with them: that is printed as warnings. */
export async function withNotices<T>(words: Words, io: Io, run: (work: Reading) => Promise<T>): Promise<T> {
  const notices: string[] = [];
  try {
    return await run({ ...given({ signal: io.signal }), notices });
  } finally {
    printWarnings(io, words, notices);
  }
}

/** Where a tar goes. */
export const outputOption: Option = {
  name: 'output',
  default: 'standard output',
  alias: 'o',
  kind: 'text',
  value: 'FILE',
  completes: 'file',
  describe: 'where to',
};

/** Where standard output is a tar, it cannot be JSON. */
export const tarRule: Rule = needs('json', ['output', 'dry-run'], 'standard output is the tar itself');

/** The file that is meant by `-o`; undefined for standard output, which must then be no terminal. */
export function outputFile(words: Words, io: Io): string | undefined {
  const file = words.text('output');
  if (file !== undefined && file !== '-') return writtenPath(file, 'a file');
  if (!io.stdoutIsTerminal || words.flag('dry-run')) return undefined;
  throw usage('stdout', 'expected a file or a pipe, got a terminal', 'give -o FILE, or send it on');
}
