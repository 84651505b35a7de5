import type { PlatformDiffResult, PlatformDiffRow } from '../ops/diff-results.ts';
import { readDiffOptions } from './diff-options.ts';
import { rowCount } from './diff-rows.ts';
import { diffTexts, silentNotes } from './diff-text.ts';
import { hasColor } from './environment.ts';
import { escapeLine } from './escape.ts';
import type { Io } from './io.ts';
import { jsonLine } from './json-text.ts';
import { printTexts, printWarnings } from './output.ts';
import { withProgress } from './progress.ts';
import type { Words } from './words.ts';

const differs = (row: PlatformDiffRow): boolean => row.before === null || row.after === null || rowCount(row) > 0;

/** The line above a platform's rows, or in place of them. */
function headOf(row: PlatformDiffRow): string {
  const name = escapeLine(row.platform);
  if (row.before === null) return `${name}: only in NEW\n`;
  if (row.after === null) return `${name}: only in OLD\n`;
  return rowCount(row) === 0 ? `${name}: no difference\n` : `${name}:\n`;
}

async function printPlatforms(result: PlatformDiffResult, words: Words, io: Io): Promise<void> {
  const look = { color: hasColor(words, io), isTerminal: io.stdoutIsTerminal };
  for (const row of result.platforms) {
    await printTexts(io, [headOf(row)]);
    if (rowCount(row) === 0) continue;
    const { texts, encoding } = await diffTexts(row, words, look);
    await printTexts(io, texts, encoding);
  }
}

/** Does what `--all-platforms` asks for, and answers the exit status. */
export async function diffAllPlatforms([old, later]: readonly [string, string], words: Words, io: Io): Promise<number> {
  const { platform: _one, hostPlatform: _host, crossMounts: _cross, ...options } = readDiffOptions(words, io);
  const { diffPlatforms } = await import('../ops/diff-platforms.ts');
  const result = await withProgress(words, io, work => diffPlatforms(old, later, { ...options, ...work }));
  const notes = result.platforms.flatMap(row => silentNotes(row, words).map(note => `${row.platform}: ${note}`));
  printWarnings(io, words, [...new Set([...result.platforms.flatMap(({ warnings }) => warnings), ...notes])]);
  if (words.flag('json')) await printTexts(io, jsonLine(result));
  else await printPlatforms(result, words, io);
  return words.flag('exit-code') && result.platforms.some(differs) ? 1 : 0;
}
