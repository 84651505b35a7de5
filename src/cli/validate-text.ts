import type { ValidateResult } from '../ops/results.ts';
import { escapeLine } from './escape.ts';
import { paint } from './paint.ts';
import { counted, humanSize } from './units.ts';

/** So many findings of one code in one blob are shown; of more, the rest is counted. */
const shownOfOne = 3;

const colors = { error: 'red', warning: 'yellow', note: undefined } as const;

type Findings = ValidateResult['findings'];

function groupsOf(findings: Findings): readonly Findings[] {
  const groups = new Map<string, Findings[number][]>();
  for (const found of findings) {
    const key = `${found.code} ${found.blob ?? ''}`;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(found);
  }
  return [...groups.values()];
}

function groupText(group: Findings, color: boolean): string {
  const isMany = group.length > shownOfOne + 1;
  const lines = group.slice(0, isMany ? shownOfOne : undefined).map(({ severity, code, subject, message }) => {
    const hue = color ? colors[severity] : undefined;
    const word = hue === undefined ? severity : paint(severity, hue);
    return `${word}: ${escapeLine(`${code}: ${subject}: ${message}`)}\n`;
  });
  return `${lines.join('')}${isMany ? `  and ${group.length - shownOfOne} more ${group[0]?.code}\n` : ''}`;
}

function engineText({ engine, verdict, reasons }: NonNullable<ValidateResult['engines']>[number]): string {
  const lines = reasons.map(({ code, what, versions, count }) => {
    const times = count === 1 ? '' : ` (${count} times)`;
    return `  ${code}${times}: ${what}${versions === '' ? '' : `, ${versions}`}\n`;
  });
  return `${engine}: ${verdict}\n${lines.join('')}`;
}

/** Findings, a line each as far as there are few of one kind, what engines make of it, and a line that sums up. */
export function validateText(
  place: string,
  { findings, notes, engines = [], unlisted, blobs, bytes }: ValidateResult,
  shown: { readonly color: boolean; readonly notes: boolean },
): string {
  const groups = groupsOf(shown.notes ? [...findings, ...notes] : findings);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const verdict = [
    errors > 0 ? counted(errors, 'error') : 'valid',
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
    ...(shown.notes && notes.length > 0 ? [counted(notes.length, 'note')] : []),
    ...(unlisted > 0 ? [`${unlisted} more`] : []),
    `${counted(blobs, 'blob')} (${humanSize(bytes)}) checked`,
  ].join(', ');
  const text = [...groups.map(group => groupText(group, shown.color)), ...engines.map(engineText)];
  return `${text.join('')}${escapeLine(place)}: ${verdict}\n`;
}
