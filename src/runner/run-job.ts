import { OciError } from '../errors.ts';
import { type ChosenRunner, namespaceWords } from './choose.ts';
import type { Job } from './job.ts';
import { type Ended, type Launch, runTree } from './process-tree.ts';

/** Runs a program in a root filesystem; answers its exit status. Throws `unsupported` where its world cannot be made: then it has not begun. */
export async function runJob(
  runner: ChosenRunner,
  job: Job,
  io: Pick<Launch, 'streams' | 'signal' | 'signals'>,
): Promise<Pick<Ended, 'status'>> {
  const { isInNamespace, hasOneID, hasPids } = runner;
  const { status, hasBegun, report } = await runTree({
    words: namespaceWords(runner, job.program.network),
    script: runner.script(job, { isInNamespace, hasOneID, hasPids }),
    hasPids,
    work: job.work,
    ...io,
  });
  if (hasBegun) return { status };
  const got = report === '' ? `status ${status}` : report.split('\n').slice(-3).join('; ');
  throw new OciError('unsupported', runner.name, `expected to begin, got ${got}`);
}
