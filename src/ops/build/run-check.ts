import type { RunStep } from '../../dockerfile/plan/plan.ts';
import { chooseRunner } from '../../runner/choose.ts';
import { hasOneID } from '../../store/disk/user-ids.ts';
import { besideOf, makeWorkspace } from '../../store/disk/workspace.ts';
import { refuseUser } from '../run/program.ts';
import { type BuildCache, mayBeCached } from './cache.ts';
import type { BuildLog } from './log.ts';
import type { BuildOptions } from './options.ts';
import type { Prepared } from './prepare.ts';

/** The steps of plans that run something. */
export const runsOf = (prepared: readonly Prepared[]): readonly RunStep[] =>
  prepared.flatMap(({ plan }) => plan.steps.filter(step => step.kind === 'run'));

const isRootName = (user: string): boolean => /^(|0|root)(:(|0|root))?$/.test(user);

interface Checking {
  readonly cache: BuildCache;
  readonly layout: string;
  readonly log: BuildLog;
  readonly options: BuildOptions;
}

/** What programs find other than a Dockerfile's author may think. */
const aboutOneID = `who calls has no subordinate ids (/etc/subuid, /etc/subgid, newuidmap), so that nobody but root is there:
nothing can be given to another owner, no program can become another user, and what is new is root's
apt is told by APT_CONFIG not to try; other programs that do will fail
`;

/** What is said of a step that only a cache can have. */
const aboutOther = ({ user, title }: RunStep): string =>
  `only a cache can have this step, as nobody can be ${user}: ${title}\n`;

/** Throws for what cannot be run here, before any step is done; where a cache has records, the steps that need it may all be found but those that are not looked for. */
export async function checkRuns(
  prepared: readonly Prepared[],
  { cache, layout, log, options }: Checking,
): Promise<void> {
  const runs = runsOf(prepared);
  if (runs.length === 0) return;
  const others = hasOneID() ? runs.filter(({ user }) => !isRootName(user)) : [];
  const isLookedFor = mayBeCached(options);
  const sure = runs.filter(step => !cache.hasRecords || !isLookedFor(step));
  const found = others.filter(step => !sure.includes(step));
  if (hasOneID())
    await log.during('[internal] users of RUN', async tell =>
      tell.output([aboutOneID, ...found.map(aboutOther)].join('')),
    );
  if (sure.length === 0) return;
  const workspace = await makeWorkspace(besideOf(layout));
  try {
    const { runner = 'auto', signal } = options;
    await chooseRunner(runner, { work: workspace.path, signal });
    const other = others.find(step => sure.includes(step));
    if (other !== undefined) throw refuseUser(other.user);
  } finally {
    await workspace.remove();
  }
}
