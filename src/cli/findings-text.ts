import { escapeLine } from './escape.ts';
import type { Io } from './io.ts';
import { printJson } from './output.ts';
import type { Words } from './words.ts';

/** A finding in a text, with the lines that it is about. */
interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly subject: string;
  readonly message: string;
  readonly excerpt: string;
}

const line = '-'.repeat(20);

/** Prints findings as docker does: rule, message, place, and the lines. Answers the exit status: 1 where there are any. */
export function printFindings(io: Io, words: Words, findings: readonly Finding[]): number {
  if (words.flag('json')) printJson(io, findings);
  else if (findings.length === 0) io.stdout('Check complete, no warnings found.\n');
  else for (const finding of findings) io.stdout(`${textOf(finding)}\n`);
  return findings.length === 0 ? 0 : 1;
}

function textOf({ severity, code, subject, message, excerpt }: Finding): string {
  const shown = excerpt.split('\n').map(escapeLine);
  return [
    `${severity.toUpperCase()}: ${code}`,
    escapeLine(message),
    escapeLine(subject),
    line,
    ...shown,
    line,
    '',
  ].join('\n');
}
