import { badOption } from '../errors.ts';
import type { EngineRule } from '../image/engines/engine-rule.ts';
import { engineRules, versionsOf } from '../image/engines/engine-verdicts.ts';
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
  /** What engines make of what has it. */
  readonly engines: readonly ExplainedEngine[];
}

/** What one engine makes of it; `versions` is empty where that is true of all. */
export interface ExplainedEngine {
  readonly engine: string;
  readonly verdict: 'refuses' | 'differs';
  readonly what: string;
  readonly versions: string;
}

const explained = (rule: EngineRule): ExplainedEngine => ({
  engine: rule.engine,
  verdict: rule.verdict,
  what: rule.what,
  versions: versionsOf(rule),
});

/** Every code that `validate` may report, sorted, explained. */
export function explainFindings(): readonly FindingExplanation[] {
  const codes = Object.keys(findingCodes).sort() as FindingCode[];
  return codes.map(code => ({ code, ...findingCodes[code], engines: (engineRules[code] ?? []).map(explained) }));
}

/** One of them. Throws `usage` for a code that there is not. */
export function explainFinding(code: string): FindingExplanation {
  const known = explainFindings();
  const found = known.find(one => one.code === code);
  if (found !== undefined) return found;
  const hint = `one of: ${known.map(one => one.code).join(' ')}`;
  throw badOption('explain', `expected the code of a finding, got '${code}'`, { hint });
}
