import type { ValidateResult } from '../ops/results.ts';
import { escapeLine } from './escape.ts';
import { paint } from './paint.ts';
import { humanSize } from './units.ts';

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A line a finding, and one that sums up. */
export function validateText(place: string, { findings, blobs, bytes }: ValidateResult, color: boolean): string {
  const lines = findings.map(({ severity, code, subject, message }) => {
    const word = color ? paint(severity, severity === 'error' ? 'red' : 'yellow') : severity;
    return `${word}: ${escapeLine(`${code}: ${subject}: ${message}`)}\n`;
  });
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const verdict = [
    errors > 0 ? counted(errors, 'error') : 'valid',
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
    `${counted(blobs, 'blob')} (${humanSize(bytes)}) checked`,
  ].join(', ');
  return `${lines.join('')}${escapeLine(place)}: ${verdict}\n`;
}
