import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import type { BuildEvent } from './log.ts';
import type { BuildOptions } from './options.ts';

interface Ground {
  readonly directory: string;
  /** Builds a Dockerfile with `base`, into a new layout; its manifest's digest. */
  readonly built: (lines: readonly string[], options?: BuildOptions) => Promise<string>;
}

async function prepare(t: TestContext): Promise<Ground | undefined> {
  if (!canRun(t)) return undefined;
  const directory = temporaryDirectory(t);
  const base = join(directory, 'base');
  await makeBusyboxBase(directory, 'base', { instructions: ['CMD ["sh"]'], owner: '0:0' });
  const context = join(directory, 'context');
  mkdirSync(context);
  for (const name of ['one', 'two', 'three']) writeFileSync(join(context, name), `${name}\n`);
  let count = 0;
  const common = { platforms: ['linux/amd64'], buildArguments: ['SOURCE_DATE_EPOCH=1700000000'], bases: [base] };
  return {
    directory,
    async built(lines, options) {
      const image = `${join(directory, `layout-${count++}`)}:made`;
      const { manifest } = await build(context, image, { dockerfile: lines.join('\n'), ...common, ...options });
      return manifest;
    },
  };
}

/** Stages whose programs end when the other's has begun, or give up. */
const meeting = (tries: number): readonly string[] => {
  const run = (own: string, other: string): string =>
    `RUN --mount=type=cache,target=/meet touch /meet/${own}; n=0; until [ -e /meet/${other} ]; do n=$((n + 1)); [ $n -lt ${tries} ] || exit 9; sleep 0.05; done`;
  const stages = ['FROM base AS a', run('a', 'b'), 'FROM base AS b', run('b', 'a'), 'FROM base'];
  return [...stages, 'COPY --from=a /bin/sh /a', 'COPY --from=b /bin/sh /b'];
};

test('stages that do not need one another are run at the same time', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  await ground.built(meeting(2000), { mountCache: join(ground.directory, 'caches') });
  const alone = ground.built(meeting(5), { mountCache: join(ground.directory, 'others'), jobs: 1 });
  await assert.rejects(alone, /exit code: 9/);
});

/** Stages over one another and over one image, with files of each other, of the context and of archives. */
const crossed: readonly string[] = [
  ...['FROM base AS common', 'WORKDIR /w', 'COPY . /w/all/', 'RUN ls /w/all > list'],
  ...['FROM common AS a', 'COPY one /a/', 'RUN --mount=from=base,target=/b cat /b/etc/passwd > /a/two'],
  ...['FROM common AS b', 'COPY --from=base /etc /b/etc', 'COPY two three /b/', 'RUN rm /w/all/one; echo b > /b/more'],
  ...['FROM base AS c', 'WORKDIR /w', 'COPY . /w/all/', 'RUN ls /w/all > list'],
  ...['FROM base AS d', 'COPY --from=base /etc/passwd /d/', 'COPY --from=base /etc/group /d/'],
  ...['FROM base', 'COPY --from=a /a /a', 'COPY --from=b /b /b', 'COPY --from=c /w /c', 'COPY --from=d /d /d'],
  'RUN --mount=from=a,target=/x --mount=from=b,source=/w,target=/y ls -R /x /y > /seen; rm -f /b/two',
];

test('what comes of it, and the number of each step, is the same however many are done at once', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const titles = async (jobs: number): Promise<readonly unknown[]> => {
    const events: BuildEvent[] = [];
    const manifest = await ground.built(crossed, { jobs, events });
    const begun = events.filter(event => event.kind === 'start').map(({ step, title }) => `${step} ${title}`);
    const cached = events.filter(({ kind }) => kind === 'cached').map(({ step }) => step);
    return [manifest, begun.filter(text => !text.includes('exporting')).sort(), cached.sort()];
  };
  const alone = await titles(1);
  assert.deepEqual(await titles(4), alone);
  assert.deepEqual(await titles(0), alone);
});

test('a step that fails ends the others and all that they have started, and is the error', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const events: BuildEvent[] = [];
  const mountCache = join(ground.directory, 'caches');
  const waits = 'RUN --mount=type=cache,target=/meet touch /meet/a; trap "" TERM INT; sleep 1000 & wait; sleep 1000';
  const fails =
    'RUN --mount=type=cache,target=/meet until [ -e /meet/a ]; do sleep 0.05; done; echo why it failed; exit 3';
  const lines = [
    'FROM base AS a',
    waits,
    'FROM base AS b',
    fails,
    'FROM base',
    'COPY --from=a / /',
    'COPY --from=b / /',
  ];
  await assert.rejects(ground.built(lines, { events, mountCache }), /exit code: 3: why it failed/);
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'error' || kind === 'canceled').map(({ kind }) => kind),
    ['error', 'canceled'],
  );
  assert.deepEqual(
    readdirSync(ground.directory).filter(name => name.startsWith('.')),
    [],
  );
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(ground.directory));
});

test('a locked cache is one step’s at a time, in whatever order steps name several', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const locked = (id: string): string => `--mount=type=cache,sharing=locked,id=${id},target=/${id}`;
  const stage = (name: string, ids: readonly string[]): readonly string[] => [
    `FROM base AS ${name}`,
    `RUN ${ids.map(locked).join(' ')} [ ! -e /one/held ] && touch /one/held && sleep 0.2 && rm /one/held`,
  ];
  const stages = [...stage('a', ['one', 'two']), ...stage('b', ['two', 'one']), ...stage('c', ['one', 'one'])];
  const all = ['a', 'b', 'c'].map(name => `COPY --from=${name} /etc/passwd /${name}`);
  await ground.built([...stages, 'FROM base', ...all], { mountCache: join(ground.directory, 'caches') });
});
