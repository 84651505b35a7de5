import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import { canRun, makeBusyboxBase } from '../testing/busybox.ts';
import { snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { diff } from './diff.ts';
import type { RunOptions } from './run/options.ts';
import { programOf } from './run/program.ts';
import { run } from './run.ts';
import { unpack } from './unpack.ts';

interface Place {
  readonly directory: string;
  readonly image: string;
  readonly bundle: string;
}

async function prepare(t: TestContext, instructions: readonly string[] = []): Promise<Place> {
  const directory = temporaryDirectory(t);
  const image = await makeBusyboxBase(directory, 'layout', { instructions });
  const bundle = join(directory, 'work');
  await unpack(image, bundle, { bundle: true });
  return { directory, image, bundle };
}

const mountsBelow = (directory: string): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => line.includes(directory));

test('what runs as whom, where and with which variables is by the rules of docker run', () => {
  const users = { passwd: 'root:x:0:0::/root:\napp:x:7:8::/home/app:\n', group: 'more:x:9:app\n' };
  const of = (config: object, words: readonly string[], options: RunOptions = {}): ReturnType<typeof programOf> =>
    programOf(config, words, { options, users });
  const image = { Entrypoint: ['/entry'], Cmd: ['a'], Env: ['A=1', 'B=2'], User: 'app', WorkingDir: '/w' };
  assert.deepEqual(of(image, []).arguments, ['/entry', 'a']);
  assert.deepEqual(of(image, ['b']).arguments, ['/entry', 'b']);
  assert.deepEqual(of(image, ['b'], { entrypoint: 'x' }).arguments, ['x', 'b']);
  assert.deepEqual(of(image, [], { entrypoint: 'x' }).arguments, ['x']);
  assert.deepEqual(of(image, ['b'], { entrypoint: '' }).arguments, ['b']);
  assert.throws(() => of({}, []), /expected a command/);
  assert.deepEqual(of(image, []).user, { uid: 7, gid: 8, additionalGids: [9] });
  assert.deepEqual(of(image, [], { user: '5:6' }).user, { uid: 5, gid: 6, additionalGids: [] });
  assert.throws(() => of(image, [], { user: 'nobody' }), /a user of \/etc\/passwd/);
  assert.deepEqual(of(image, [], { environment: ['A=3', 'C='] }).environment, [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...['HOSTNAME=ocikit', 'A=3', 'B=2', 'C=', 'HOME=/home/app'],
  ]);
  assert.ok(of(image, [], { terminal: true }).environment.includes('TERM=xterm'));
  assert.equal(of(image, []).directory, '/w');
  assert.equal(of({}, ['x']).directory, '/');
  assert.throws(() => of(image, [], { directory: 'w' }), /an absolute path/);
});

test('a program of an image runs, its status and its output are the answer, and nothing of it stays', async t => {
  if (!canRun(t)) return;
  const { directory, image } = await prepare(t, ['USER app', 'WORKDIR /srv/x', 'ENV LD_PRELOAD=/evil.so A=1']);
  const temporary = join(directory, 'temporary');
  mkdirSync(temporary);
  const script = 'id; pwd; echo $A $HOME $LD_PRELOAD; cat /proc/1/environ; ls /proc/1/root; echo bad >&2; exit 7';
  const options = { temporary, environment: ['A=2'] };
  const { status, stdout, stderr } = await run(image, ['sh', '-c', script], options);
  assert.equal(status, 7);
  assert.match(
    stdout ?? '',
    /^uid=1000\(app\) gid=1000\(app\) groups=1000\(app\),2000\(more\)[^\n]*\n\/srv\/x\n2 \/home\/app \/evil\.so\n$/,
  );
  assert.match(stderr ?? '', /can't open '\/proc\/1\/environ': Permission denied[\s\S]*bad\n$/);
  assert.deepEqual(readdirSync(temporary), []);
  assert.equal((await run(image, ['nothing'], options)).status, 127);
  assert.equal((await run(image, ['/etc/passwd'], options)).status, 126);
  assert.equal((await run(image, ['sh', '-c', 'kill -9 $$'], options)).status, 137);
  assert.deepEqual(mountsBelow(directory), []);
});

test('a bundle is changed in place, and what is mounted for the run is nowhere in it', async t => {
  if (!canRun(t)) return;
  const { directory, bundle } = await prepare(t);
  const before = snapshotOf(bundle);
  await run(bundle, ['true']);
  assert.deepEqual(snapshotOf(bundle), before);
  writeFileSync(join(directory, 'seen'), 'of the host\n');
  const script = 'cat /mnt/in/seen; echo x > /new; rm /bin/ls; mkdir /etc/conf; echo y > /mnt/in/seen';
  const { stdout, stderr } = await run(bundle, ['sh', '-c', script], {
    volumes: [`${directory}/seen:/mnt/in/seen:ro`],
  });
  assert.equal(stdout, 'of the host\n');
  assert.match(stderr ?? '', /Read-only file system/);
  const { changes } = await diff(bundle);
  assert.deepEqual(
    changes.map(({ kind, path }) => `${kind} ${path}`),
    ['C /bin', 'D /bin/ls', 'C /etc', 'A /etc/conf', 'A /new'],
  );
  assert.deepEqual(readdirSync(bundle).sort(), ['config.json', 'ocikit.index', 'ocikit.json', 'rootfs']);
});

test('a program reaches nothing outside its root, and no device of the machine', async t => {
  if (!canRun(t)) return;
  const { directory, bundle } = await prepare(t);
  writeFileSync(join(directory, 'secret'), 'host');
  const script = [
    'mkdir /jail; mknod /disk b 254 0; head -c1 /disk; mknod /dev/disk b 254 0; head -c1 /dev/disk',
    'mount -t tmpfs x /tmp; hostname other; echo 1 > /proc/sys/vm/drop_caches; ls /proc/1/root',
    `chroot /jail /bin/true; cat /proc/self/root/../..${directory}/secret`,
    'cat /proc/kcore | head -c1; grep -c . /proc/self/status >/dev/null; grep CapBnd /proc/self/status',
  ].join('\n');
  const { stdout } = await run(bundle, ['sh', '-c', script]);
  assert.equal(stdout, 'CapBnd:\t00000000a80425fb\n');
});

test('a link of the image leads no mount out of it', async t => {
  if (!canRun(t)) return;
  const { directory, bundle } = await prepare(t);
  symlinkSync(`${directory}/outside`, join(bundle, 'rootfs/mnt'));
  symlinkSync('../../run/systemd/resolv.conf', join(bundle, 'rootfs/etc/resolv.conf'));
  const { status } = await run(bundle, ['sh', '-c', 'cat /mnt/x/seen && cat /etc/resolv.conf >/dev/null'], {
    volumes: [`${directory}:/mnt/x`],
  }).catch((error: unknown) => {
    assert.ok(error instanceof OciError);
    return { status: 1 };
  });
  assert.ok(status >= 0);
  assert.equal(existsSync(join(directory, 'outside')), false);
  assert.equal(existsSync('/run/systemd/resolv.conf'), false);
  assert.equal(existsSync(join(bundle, 'rootfs/run')), false);
});

const isAlive = (mark: string): boolean => spawnSync('pgrep', ['-f', mark]).status === 0;

test('all that a program started ends with it', async t => {
  if (!canRun(t)) return;
  const { bundle } = await prepare(t);
  const { status } = await run(bundle, ['sh', '-c', 'sleep 98761 & exit 3']);
  assert.equal(status, 3);
  assert.equal(isAlive('sleep 98761'), false);
});

test('who stops the work ends a program that forks for ever, and nothing of it is left', async t => {
  if (!canRun(t)) return;
  const { bundle } = await prepare(t);
  const controller = new AbortController();
  const reason = new Error('enough');
  const script =
    'f() { trap "" TERM INT; sleep 98763 & sleep 0.02; [ -e /begun ] || touch /begun; f & }; f; wait; sleep 98762';
  const work = run(bundle, ['sh', '-c', script], { signal: controller.signal });
  const begun = join(bundle, 'rootfs/begun');
  const over = work.catch((error: unknown) => error);
  while (!existsSync(begun)) await new Promise(resolve => setTimeout(resolve, 20));
  controller.abort(reason);
  assert.equal(await over, reason);
  assert.equal(isAlive('sleep 9876[23]'), false);
  assert.deepEqual(readdirSync(bundle).sort(), ['config.json', 'ocikit.index', 'ocikit.json', 'rootfs']);
});
