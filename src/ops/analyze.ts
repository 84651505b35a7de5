import type { Operand } from '../store/parse-operand.ts';
import { Pace } from '../stream/pace.ts';
import { usageOf } from '../tree/usage.ts';
import { analysisOf } from './analysis.ts';
import type { AnalyzeOptions } from './analyze-options.ts';
import type { AnalyzedDirectory, AnalyzeResult, RuleFinding } from './analyze-results.ts';
import { checkCall } from './check-call.ts';
import { type Look, lookInto } from './look.ts';
import { keepingPackages } from './package-scan.ts';
import { checkAppliesTo, checkRule, type Measured } from './rule-checks.ts';
import { type Rule, rulesOf } from './rules.ts';
import { pathFields } from './view.ts';

async function directoriesOf(look: Look, depth: number, pace: Pace): Promise<readonly AnalyzedDirectory[]> {
  const rows = await pace.run(usageOf(look.tree, depth));
  return rows.map(({ path, ...row }) => ({ ...pathFields(path), ...row }));
}

async function findingsOf(measured: Measured, rules: readonly Rule[], pace: Pace): Promise<readonly RuleFinding[]> {
  const findings: RuleFinding[] = [];
  for (const rule of rules) for (const finding of await pace.run(checkRule(rule, measured))) findings.push(finding);
  return findings;
}

/**
 * Where the bytes of an image, a bundle, a directory or a tar are: by layer, by directory and by package; which of them no path reaches; dive's numbers.
 * What it does not keep to of what the options ask for is a finding. Layers are read and proved; those whose files say packages are read once more for
 * that. What is no image has no layers. Throws `usage` and `invalid` for bounds and rules that are none, `unsupported` for rules about
 * layers and config of what has none.
 */
export async function analyze(rootfs: Operand, options: AnalyzeOptions = {}): Promise<AnalyzeResult> {
  checkCall('analyze', { rootfs: ['operand', rootfs] }, options);
  const rules = await rulesOf(options);
  const look = await lookInto(rootfs, options, keepingPackages);
  for (const rule of rules) checkAppliesTo(rule, look);
  const { size, dive, layers, packages, unowned, waste, found } = await analysisOf(look, options);
  const measured = { look, files: size.files, hidden: size.hidden, efficiency: dive.efficiency };
  const pace = new Pace(options.signal);
  const findings = await findingsOf({ ...measured, packages: found.packages }, rules, pace);
  return {
    size,
    dive,
    layers,
    directories: await directoriesOf(look, options.depth ?? 2, pace),
    packages,
    unowned,
    waste,
    findings,
    passed: findings.every(({ severity }) => severity !== 'error'),
    warnings: [...look.warnings, ...found.warnings],
  };
}
