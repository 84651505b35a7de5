import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { TestContext } from 'node:test';

/** Whether stages are kept on the disk of tests; else the test is skipped with the reason. */
export function canKeepStages(t: TestContext): boolean {
  const { bavail, blocks } = statfsSync(tmpdir());
  const isFull = bavail < blocks / 5;
  if (isFull) t.skip('needs a disk of which a fifth is free');
  return !isFull;
}
