import { OciError } from '../errors.ts';
import { type ChosenRunner, namespaceWords } from './choose.ts';
import type { Job } from './job.ts';
import { type Launch, runTree } from './process-tree.ts';
import { whyUnstarted } from './unstarted.ts';

/** How a run went. */
interface JobEnd {
  /** The program's own, or what a shell says of one that it cannot start. */
  readonly status: number;
  /** Why the program was not started; undefined where it was, or only trying told. */
  readonly unstarted: OciError | undefined;
}

/** Runs a program in a root filesystem. Throws `unsupported` where its world cannot be made: then it has not begun. */
export async function runJob(
  runner: ChosenRunner,
  job: Job,
  io: Pick<Launch, 'streams' | 'signal' | 'signals'>,
): Promise<JobEnd> {
  const why = whyUnstarted(job);
  if (why !== undefined) return { status: why.status, unstarted: why.error };
  const { isInNamespace, hasOneID, hasPids } = runner;
  const { status, hasBegun, report } = await runTree({
    words: namespaceWords(runner, job.program.network),
    script: runner.script(job, { isInNamespace, hasOneID, hasPids }),
    hasPids,
    work: job.work,
    ...io,
  });
  if (hasBegun) return { status, unstarted: undefined };
  const got = report === '' ? `status ${status}` : report.split('\n').slice(-3).join('; ');
  throw new OciError('unsupported', runner.name, `expected to begin, got ${got}`);
}
