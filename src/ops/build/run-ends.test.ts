import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { snapshotOf } from '../../testing/snapshot.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { diff } from '../diff.ts';
import { history } from '../history.ts';
import { unpack } from '../unpack.ts';
import { validate } from '../validate.ts';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const words = ['--import', 'tsx', join(checkout, 'src/cli/bin.ts')];

interface Ground {
  readonly directory: string;
  /** Starts a command line in a process of its own. */
  readonly start: (...command: readonly string[]) => ChildProcess;
  /** Writes a Dockerfile over the base. */
  readonly write: (...lines: readonly string[]) => void;
}

async function prepare(t: TestContext): Promise<Ground | undefined> {
  if (!canRun(t)) return undefined;
  const directory = temporaryDirectory(t);
  const image = await makeBusyboxBase(directory, 'img', { instructions: ['CMD ["sh"]'] });
  await unpack(image, join(directory, 'work'), { bundle: true });
  mkdirSync(join(directory, 'context'));
  mkdirSync(join(directory, 'temporary'));
  return {
    directory,
    start(...command) {
      const env = {
        ...process.env,
        TMPDIR: join(directory, 'temporary'),
        XDG_CACHE_HOME: join(directory, 'temporary'),
      };
      const child = spawn(process.execPath, [...words, ...command], {
        cwd: checkout,
        env: { ...env, TSX_DISABLE_CACHE: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      t.after(() => child.kill('SIGKILL'));
      return child;
    },
    write: (...lines) => writeFileSync(join(directory, 'context/Dockerfile'), ['FROM base', ...lines].join('\n')),
  };
}

const buildOf = ({ directory }: Ground): readonly string[] => [
  ...['build', join(directory, 'context'), '-t', `${join(directory, 'img')}:made`, '--platform', 'linux/amd64'],
];
const isAlive = (mark: string): boolean => spawnSync('pgrep', ['-f', `^sleep ${mark}`]).status === 0;
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 20));
};
const mountsBelow = (directory: string): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => line.includes(directory));
const kept = ['context', 'img', 'rootfs', 'temporary', 'work'];
const statusOf = async (child: ChildProcess): Promise<number | null> =>
  (await once(child, 'close'))[0] as number | null;
let marks = 0;
const newMark = (): string => `97${process.pid}${marks++}`;

const forking = (mark: string): string =>
  `f() { trap "" TERM INT HUP; sleep ${mark} & sleep 0.05; f & }; f; wait; sleep ${mark}`;

test('who is killed in a RUN leaves no mount and no process, and what lies there goes with the next build', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const { directory, start, write } = ground;
  const mark = newMark();
  write('RUN touch /a', `RUN touch /b; ${forking(mark)}`);
  const before = snapshotOf(join(directory, 'img'));
  const child = start(...buildOf(ground));
  await until(() => isAlive(mark));
  child.kill('SIGKILL');
  await until(() => !isAlive(mark));
  assert.deepEqual(mountsBelow(directory), []);
  const { findings } = await validate(join(directory, 'img'));
  assert.deepEqual(findings, []);
  write('RUN touch /a');
  assert.equal(await statusOf(start(...buildOf(ground))), 0);
  assert.deepEqual(readdirSync(directory).sort(), kept);
  assert.equal(before.length > 0, true);
});

test('killed at any moment, a build leaves a layout and caches that are whole, and the next one gives what a first one gives', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const { directory, start, write } = ground;
  write(
    'COPY big /big',
    'RUN --mount=type=cache,target=/c echo x >> /c/x; cat /big > /new',
    'COPY small /',
    'RUN rm /big',
  );
  // What is read of a context is remembered where it is much.
  writeFileSync(join(directory, 'context/big'), Buffer.alloc(3 << 20, 'big'));
  writeFileSync(join(directory, 'context/small'), 'small');
  const words = [...buildOf(ground), '--progress', 'plain', '--build-arg', 'SOURCE_DATE_EPOCH=1700000000'];
  const moments = [/COPY big/, /RUN --mount/, /exporting to/, /naming to/];
  for (const moment of moments) {
    const child = start(...words, '--no-cache');
    let said = '';
    child.stderr?.on('data', (chunk: Uint8Array) => {
      said += String(chunk);
      if (moment.test(said)) child.kill('SIGKILL');
    });
    await statusOf(child);
    assert.deepEqual(mountsBelow(directory), [], String(moment));
    assert.deepEqual((await validate(join(directory, 'img'))).findings, [], String(moment));
  }
  const last = start(...words);
  assert.equal(await statusOf(last), 0);
  const options = { contexts: [`base=oci:${join(directory, 'img')}:base`], platforms: ['linux/amd64'] };
  const first = await build(join(directory, 'context'), `${join(directory, 'fresh')}:made`, {
    ...options,
    buildArguments: ['SOURCE_DATE_EPOCH=1700000000'],
  });
  const [made, fresh] = await Promise.all(['img', 'fresh'].map(name => history(`${join(directory, name)}:made`)));
  assert.deepEqual(made, fresh);
  assert.deepEqual((await diff(`${join(directory, 'img')}:made`, `${join(directory, 'fresh')}:made`)).changes, []);
  assert.equal(first.warnings.length, 0);
  assert.deepEqual(readdirSync(directory).sort(), [...kept, 'fresh'].sort());
});

test('Ctrl-C in a RUN that forks for ever ends all of it, and nothing is left or changed', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const { directory, start, write } = ground;
  const mark = newMark();
  write('RUN touch /a', `RUN ${forking(mark)}`);
  const before = snapshotOf(join(directory, 'img'));
  const child = start(...buildOf(ground));
  await until(() => isAlive(mark));
  child.kill('SIGINT');
  assert.equal(await statusOf(child), 130);
  assert.equal(isAlive(mark), false);
  assert.deepEqual(mountsBelow(directory), []);
  assert.deepEqual(readdirSync(directory).sort(), kept);
  assert.deepEqual(snapshotOf(join(directory, 'img')), before);
});

test('a signal to run goes to the program, whose status is the answer; who is killed leaves nothing running', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const { directory, start } = ground;
  const [mark, second] = [newMark(), newMark()];
  const trap = (name: string, status: number): string => `trap "exit ${status}" ${name}`;
  const script = `${trap('INT', 5)}; ${trap('TERM', 6)}; ${trap('USR1', 7)}; sleep ${mark} & touch /begun; wait`;
  for (const [signal, status] of [
    ['SIGINT', 5],
    ['SIGTERM', 6],
    ['SIGUSR1', 7],
  ] as const) {
    const child = start('run', join(directory, 'work'), '--', 'sh', '-c', script);
    await until(() => isAlive(mark));
    await until(() => existsSync(join(directory, 'work/rootfs/begun')));
    child.kill(signal);
    assert.equal(await statusOf(child), status, signal);
    assert.equal(isAlive(mark), false);
    spawnSync('rm', [join(directory, 'work/rootfs/begun')]);
  }
  const child = start(
    'run',
    `${join(directory, 'img')}:base`,
    '--',
    'sh',
    '-c',
    `touch /x; sleep ${second} & sleep ${second}`,
  );
  await until(() => isAlive(second));
  child.kill('SIGKILL');
  await until(() => !isAlive(second));
  assert.deepEqual(mountsBelow(directory), []);
  assert.equal(readdirSync(join(directory, 'temporary')).length, 1);
  assert.equal(await statusOf(start('run', `${join(directory, 'img')}:base`, '--', 'true')), 0);
  assert.deepEqual(readdirSync(join(directory, 'temporary')), []);
});

test('where overlayfs cannot be mounted a stage is one directory: what programs change is the same', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const { directory, write } = ground;
  write(
    'RUN echo more >> /etc/passwd && rm /bin/ls && mkdir -m 700 /d && chown 7:8 /d && ln /etc/group /d/group',
    'RUN --mount=type=tmpfs,target=/deep/er touch /deep/er/x; [ ! -e /bin/ls ] && rm -r /d && touch /bin/new',
  );
  // Overlayfs takes no other overlayfs for what is written.
  const place = join(directory, 'over');
  for (const name of ['over', 'lower', 'upper', 'between']) mkdirSync(join(directory, name));
  const mount = `mount -t overlay -o lowerdir=${directory}/lower,upperdir=${directory}/upper,workdir=${directory}/between x ${place}`;
  const list = (image: string): string =>
    `"$@" files ${image} -l -R / > ${directory}/${image.endsWith(':made') ? 'one' : 'two'}`;
  const script = [
    mount,
    `cp -a ${directory}/img ${directory}/context ${place}`,
    `"$@" build ${place}/context -t ${place}/img:made --platform linux/amd64`,
    `"$@" build ${directory}/context -t ${directory}/img:other --platform linux/amd64`,
    list(`${place}/img:made`),
    list(`${directory}/img:other`),
    `ls -A ${place} > ${directory}/left`,
  ].join(' && ');
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1700000000' };
  const { status, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', process.execPath, ...words], {
    cwd: checkout,
    env,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const [one, two] = ['one', 'two'].map(name =>
    readFileSync(join(directory, name), 'utf8').replace(/\d{4}-\S+ \S+/g, ''),
  );
  assert.equal(one, two);
  assert.match(one ?? '', /\/bin\/new$/m);
  assert.doesNotMatch(one ?? '', /\/deep|\/bin\/ls$|\/d$/m);
  assert.equal(readFileSync(join(directory, 'left'), 'utf8'), 'context\nimg\n');
});
