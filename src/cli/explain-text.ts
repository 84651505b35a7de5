import type { FindingExplanation } from '../ops/explain-finding.ts';
import type { Io } from './io.ts';
import { printJson } from './output.ts';
import type { Words } from './words.ts';

/** Engines of which the same is true share a line. */
export function engineLines(engines: FindingExplanation['engines']): readonly string[] {
  const names = new Map<string, string[]>();
  for (const { engine, verdict, what, versions } of engines) {
    const key = verdict === 'refuses' ? `refuses it: ${what}` : what;
    const name = versions === '' ? engine : `${engine} ${versions}`;
    names.set(key, [...(names.get(key) ?? []), name]);
  }
  return [...names].map(([what, who]) => `${who.join(', ')}: ${what}`);
}

/** A page of text about one code. */
function explainText({ code, severity, means, section, remedy, engines }: FindingExplanation): string {
  const lines = engineLines(engines).map(line => `  ${line}\n`);
  const who = lines.length === 0 ? '' : `\nEngines:\n${lines.join('')}`;
  return `${code} (${severity})\n\n${means}\n\nSee: ${section}\nTo do: ${remedy}\n${who}`;
}

/** Prints what there is to say of a code. Throws `usage` for one that there is not. */
export async function printExplanation(words: Words, io: Io): Promise<number> {
  const { explainFinding } = await import('../ops/explain-finding.ts');
  const found = explainFinding(words.word('explain'));
  if (words.flag('json')) printJson(io, found);
  else io.stdout(explainText(found));
  return 0;
}
