import type { Finding } from '../image/finding.ts';
import { isTrouble } from './layer-troubles.ts';

/** What stays wrong, or stays as some engine refuses it, in a line each. */
export const staying = (found: readonly Finding[]): readonly string[] =>
  found.filter(isTrouble).map(({ code, subject, message }) => `${subject}: ${code} stays: ${message}`);
