import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuildEvent, BuildLog } from './log.ts';

/** What is told of two pieces of work that both end with an error, stopped by somebody or not. */
async function told(isStopped: boolean): Promise<readonly string[]> {
  const events: BuildEvent[] = [];
  const controller = new AbortController();
  const log = new BuildLog({ events, signal: controller.signal });
  const error = new Error('no');
  if (isStopped) controller.abort(error);
  const works = ['one', 'two'].map(title => log.during(title, () => Promise.reject(error)));
  await Promise.allSettled(works);
  return events.map(({ step, kind }) => `${step} ${kind}`);
}

test('what went wrong is told of one piece of work, the others are canceled, and all are where somebody stopped the work', async () => {
  const starts = ['1 start', '2 start'];
  assert.deepEqual(await told(false), [...starts, '1 error', '2 canceled']);
  assert.deepEqual(await told(true), [...starts, '1 canceled', '2 canceled']);
});
