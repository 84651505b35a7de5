import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { refusal } from '../../testing/answers.ts';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { collected } from '../../testing/drained.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { catStream } from '../cat.ts';
import type { BuildOptions } from './options.ts';

async function place(t: TestContext): Promise<(text: string, options?: BuildOptions) => ReturnType<typeof build>> {
  const directory = temporaryDirectory(t);
  const [context, layout] = [join(directory, 'context'), join(directory, 'layout')];
  mkdirSync(context);
  writeFileSync(join(context, 'file'), 'x');
  const base = await makeBusyboxBase(directory, 'layout');
  return (text, options = {}) =>
    build(context, [`${layout}:made`], {
      dockerfile: `FROM base\n${text}`,
      platforms: ['linux/amd64'],
      contexts: [`base=oci:${base}`],
      ...options,
    });
}

async function said(result: Awaited<ReturnType<typeof build>>, path: string): Promise<string> {
  const [name = ''] = result.names;
  return (await collected((await catStream(name, [path])).bytes)).toString();
}

test('RUN sees the hosts that are said, and a /dev/shm of that size; neither is in a layer or a key', async t => {
  if (!canRun(t)) return;
  const run = await place(t);
  const text = 'RUN tail -n +3 /etc/hosts > /hosts; df -k /dev/shm | tail -1 > /shm; touch /dev/shm/x\n';
  const options = { hosts: ['a.b:1.2.3.4', 'six=[::1]', 'me:host-gateway'], sharedMemory: 10 << 20 };
  const made = await run(text, options);
  assert.equal(await said(made, '/hosts'), '1.2.3.4\ta.b\n::1\tsix\n127.0.0.1\tme\n');
  assert.match(await said(made, '/shm'), /^\S+ +10240 /);
  const again = await run(text, { hosts: ['other:9.9.9.9'] });
  assert.deepEqual(
    again.images[0]?.steps.map(({ cached }) => cached),
    [true],
  );
});

test('a host without an address is refused before anything is done', async t => {
  const run = await place(t);
  for (const host of ['a', 'a:', ':1.2.3.4', 'a:b', 'a b:1.2.3.4', 'a:1.2.3.4\n5.6.7.8 b'])
    await assert.rejects(run('COPY file /\n', { hosts: [host] }), refusal(/NAME:ADDRESS/), host);
});
