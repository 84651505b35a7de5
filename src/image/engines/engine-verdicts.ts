import type { Finding } from '../finding.ts';
import type { FindingCode } from '../finding-codes.ts';
import { documentRules } from './document-rules.ts';
import type { EngineName, EngineRule, EngineRules } from './engine-rule.ts';
import { factRules } from './fact-rules.ts';
import { tarRules } from './tar-rules.ts';

/** What each engine makes of what has some finding: the one table. */
export const engineRules: EngineRules = {
  ...documentRules,
  ...tarRules,
  ...factRules,
};

/** An engine, of any version or of one. */
export interface Engine {
  readonly name: EngineName;
  readonly version?: string;
}

/** Why an engine refuses an image, or makes other files of it: the finding's code, and how many there are. */
export interface EngineReason {
  readonly code: string;
  readonly verdict: 'refuses' | 'differs';
  /** What happens, in words. */
  readonly what: string;
  /** The versions of which that is true: `before 23`, `from 29`; empty where it is true of all. */
  readonly versions: string;
  readonly count: number;
}

/** What an engine makes of all that a place holds. `accepts`: nothing is known that speaks against it. */
export interface EngineVerdict {
  readonly engine: string;
  readonly verdict: 'accepts' | 'differs' | 'refuses';
  readonly reasons: readonly EngineReason[];
}

/** Whether one version is before another: numbers between dots. */
function isBefore(version: string, other: string): boolean {
  const [left, right] = [version.split('.').map(Number), other.split('.').map(Number)];
  for (const [at, number] of right.entries()) {
    const difference = (left[at] ?? 0) - number;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function holds({ from, before }: EngineRule, version: string | undefined): boolean {
  if (version === undefined) return true;
  return (from === undefined || !isBefore(version, from)) && (before === undefined || isBefore(version, before));
}

/** The versions of which a rule is true, in words. */
export const versionsOf = ({ from, before }: EngineRule): string =>
  [...(from === undefined ? [] : [`from ${from}`]), ...(before === undefined ? [] : [`before ${before}`])].join(' ');

function reasonsOf(engine: Engine, counts: ReadonlyMap<string, number>): readonly EngineReason[] {
  return [...counts].flatMap(([code, count]) =>
    (engineRules[code as FindingCode] ?? [])
      .filter(rule => rule.engine === engine.name && holds(rule, engine.version))
      .map(rule => ({ code, verdict: rule.verdict, what: rule.what, versions: versionsOf(rule), count })),
  );
}

/** What engines make of what has these findings, notes among them. */
export function engineVerdicts(findings: readonly Finding[], engines: readonly Engine[]): readonly EngineVerdict[] {
  const counts = new Map<string, number>();
  for (const { code } of findings) counts.set(code, (counts.get(code) ?? 0) + 1);
  return engines.map(engine => {
    const reasons = reasonsOf(engine, counts);
    const isRefused = reasons.some(({ verdict }) => verdict === 'refuses');
    const name = engine.version === undefined ? engine.name : `${engine.name}@${engine.version}`;
    return { engine: name, verdict: isRefused ? 'refuses' : reasons.length > 0 ? 'differs' : 'accepts', reasons };
  });
}
