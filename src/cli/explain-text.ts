import type { FindingExplanation } from '../ops/explain-finding.ts';
import type { Io } from './io.ts';
import { printJson } from './output.ts';
import type { Words } from './words.ts';

/** A page of text about one code. */
function explainText({ code, severity, means, section, remedy }: FindingExplanation): string {
  return `${code} (${severity})\n\n${means}\n\nSee: ${section}\nTo do: ${remedy}\n`;
}

/** Prints what there is to say of a code. Throws `usage` for one that there is not. */
export async function printExplanation(words: Words, io: Io): Promise<number> {
  const { explainFinding } = await import('../ops/explain-finding.ts');
  const found = explainFinding(words.word('explain'));
  if (words.flag('json')) printJson(io, found);
  else io.stdout(explainText(found));
  return 0;
}
