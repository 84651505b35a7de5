import { escapeLine } from './escape.ts';
import type { Io } from './io.ts';
import { jsonText } from './json-text.ts';
import type { Words } from './words.ts';

/** Prints a result as one JSON value. */
export function printJson(io: Io, value: unknown): void {
  io.stdout(`${jsonText(value)}\n`);
}

/** Prints warnings unless nobody wants them. */
export function printWarnings(io: Io, words: Words, warnings: readonly string[]): void {
  if (words.flag('quiet')) return;
  for (const warning of warnings) io.stderr(`ocikit: warning: ${escapeLine(warning)}\n`);
}
