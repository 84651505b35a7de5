import type { RunStep } from '../../dockerfile/plan/plan.ts';
import { chooseRunner } from '../../runner/choose.ts';
import { besideOf, makeWorkspace } from '../../store/disk/workspace.ts';
import { refuseUser } from '../run/program.ts';
import type { BuildCache } from './cache.ts';
import type { BuildOptions } from './options.ts';
import type { Prepared } from './prepare.ts';

/** The steps of plans that run something. */
export const runsOf = (prepared: readonly Prepared[]): readonly RunStep[] =>
  prepared.flatMap(({ plan }) => plan.steps.filter(step => step.kind === 'run'));

const isRootName = (user: string): boolean => /^(|0|root)(:|$)/.test(user);

interface Checking {
  readonly cache: BuildCache;
  readonly layout: string;
  readonly options: BuildOptions;
}

/** Throws for what cannot be run here, before any step is done; where a cache has records, the steps that need it may all be found. */
export async function checkRuns(prepared: readonly Prepared[], { cache, layout, options }: Checking): Promise<void> {
  const runs = runsOf(prepared);
  if (runs.length === 0 || (cache.hasRecords && options.noCache !== true)) return;
  const workspace = await makeWorkspace(besideOf(layout));
  try {
    const { runner = 'auto', signal } = options;
    const { hasOneID } = await chooseRunner(runner, { work: workspace.path, signal });
    const other = runs.find(({ user }) => !isRootName(user));
    if (hasOneID && other !== undefined) throw refuseUser(other.user);
  } finally {
    await workspace.remove();
  }
}
