import { badOption } from '../errors.ts';
import type { Severity } from '../image/finding.ts';
import { type FindingCode, findingCodes } from '../image/finding-codes.ts';

/** All that there is to say of one code of `validate`. */
export interface FindingExplanation {
  readonly code: string;
  readonly severity: Severity;
  /** What it means, in whole sentences. */
  readonly means: string;
  /** The document, and its section, that says so. */
  readonly section: string;
  /** What a person can do about it. */
  readonly remedy: string;
}

/** Every code that `validate` may report, sorted, explained. */
export function explainFindings(): readonly FindingExplanation[] {
  const codes = Object.keys(findingCodes).sort() as FindingCode[];
  return codes.map(code => ({ code, ...findingCodes[code] }));
}

/** One of them. Throws `usage` for a code that there is not. */
export function explainFinding(code: string): FindingExplanation {
  const known = explainFindings();
  const found = known.find(one => one.code === code);
  if (found !== undefined) return found;
  const hint = `one of: ${known.map(one => one.code).join(' ')}`;
  throw badOption('explain', `expected the code of a finding, got '${code}'`, { hint });
}
