import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadNative } from '../../store/disk/native.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { tick } from '../../testing/tick.ts';
import { workOf } from '../../testing/work.ts';
import { build } from '../build.ts';

const count = 1200;

test('of a context in which all is as it was nobody makes a tree', async t => {
  if (loadNative() === undefined) {
    t.skip('native calls are not there');
    return;
  }
  const directory = temporaryDirectory(t);
  const context = join(directory, 'context');
  for (const folder of ['one', 'other']) {
    mkdirSync(join(context, folder), { recursive: true });
    for (let which = 0; which < count; which++) writeFileSync(join(context, folder, `file-${which}`), 'x'.repeat(900));
  }
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY one /one\nCOPY other /other\n');
  await tick();
  const run = (): Promise<unknown> =>
    build(context, [`${directory}/layout:x`], { platforms: ['linux/amd64'], contextCache: join(directory, 'cache') });
  await run();
  const same = await workOf(run);
  writeFileSync(join(context, 'one/file-0'), 'y'.repeat(900));
  await run();
  const other = await workOf(run);
  t.diagnostic(`${same} blocks where all is as it was, ${other} where a file is not`);
  assert.ok(2 * same < other, `${same} blocks, ${other} where a file is not as it was`);
});
