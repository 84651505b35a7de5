import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { commit } from '../ops/commit.ts';
import { diff } from '../ops/diff.ts';
import type { RunOptions, RunResult } from '../ops/run/options.ts';
import { run } from '../ops/run.ts';
import { unpack } from '../ops/unpack.ts';
import { canRun, makeBusybox } from '../testing/busybox.ts';
import { snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { RunnerName } from './runner.ts';

const runners: readonly RunnerName[] = ['nschroot', 'bwrap', 'runc', 'crun', 'chroot'];

interface Ground {
  readonly directory: string;
  readonly bundle: string;
  /** Runs words in the bundle, by the runner that is tried. */
  readonly run: (words: readonly string[], options?: RunOptions) => Promise<RunResult>;
  /** Runs a script for its output. */
  readonly output: (script: string, options?: RunOptions) => Promise<string>;
}

async function prepare(t: TestContext, runner: RunnerName): Promise<Ground> {
  const directory = temporaryDirectory(t);
  makeBusybox(join(directory, 'rootfs'));
  const image = `${join(directory, 'layout')}:base`;
  await commit(join(directory, 'rootfs'), image, { instructions: ['ENV PATH=/bin'], platform: 'linux/amd64' });
  const bundle = join(directory, 'work');
  await unpack(image, bundle, { bundle: true });
  const go = (words: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
    run(bundle, words, { ...options, runner });
  return {
    directory,
    bundle,
    run: go,
    output: async (script, options) => {
      const { stdout, stderr, status } = await go(['sh', '-c', script], options);
      assert.equal(status, 0, `${stdout}${stderr}`);
      return stdout ?? '';
    },
  };
}

const mountsBelow = (directory: string): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => line.includes(directory));

const lines = (...texts: readonly string[]): string => texts.map(text => `${text}\n`).join('');

/** What holds of every runner. */
const contract: Readonly<Record<string, (ground: Ground, runner: RunnerName) => Promise<void>>> = {
  'the exit status is the program’s, and 126 and 127 are as a shell’s': async ({ run: go }) => {
    assert.equal((await go(['true'])).status, 0);
    assert.equal((await go(['sh', '-c', 'exit 7'])).status, 7);
    // What is the first process of its namespace cannot kill itself.
    assert.equal((await go(['sh', '-c', 'sleep 9 & kill -9 $!; wait $!'])).status, 137);
    const missing = await go(['nothing']);
    assert.equal(missing.status, 127);
    assert.equal(missing.unstarted, 'nothing: expected a program in PATH (/bin), got none');
    assert.equal((await go(['/etc/passwd'])).status, 126);
    assert.equal((await go(['/nothing/at/all'])).status, 127);
  },
  'the environment is the image’s and the caller’s words, and nothing of the caller’s own': async ({ output }) => {
    const environment = ['A=1 2', 'B=\'"$x`', 'LD_PRELOAD=/none.so', 'C='];
    const seen = await output('env', { environment });
    const told = lines('PATH=/bin', 'HOSTNAME=ocikit', 'HOME=/root', ...environment)
      .split('\n')
      .sort();
    const own = ['SHLVL=', 'PWD=', '_='];
    const rest = seen.split('\n').filter(line => !own.some(name => line.startsWith(name)));
    assert.deepEqual(rest.sort(), told);
  },
  'the user has their groups and home, and no capability; root has docker’s': async ({ output }) => {
    const script =
      'id -u; id -g; id -G; echo $HOME; grep -E "^Cap(Inh|Eff|Bnd|Amb)" /proc/self/status; touch /root/x 2>/dev/null || echo no';
    const none = 'CapEff:\t0000000000000000';
    const [inherited, bounding, ambient] = [
      'Inh:\t0000000000000000',
      'Bnd:\t00000000a80425fb',
      'Amb:\t0000000000000000',
    ];
    const all = (effective: string): string => lines(`Cap${inherited}`, effective, `Cap${bounding}`, `Cap${ambient}`);
    const user = await output(script, { user: 'app' });
    assert.equal(user, `${lines('1000', '1000', '1000 2000', '/home/app')}${all(none)}no\n`);
    const root = await output(script);
    assert.equal(root, `${lines('0', '0', '0', '/root')}${all('CapEff:\t00000000a80425fb')}`);
    // Its own group is among them, as with docker.
    const groups = (more: object): Promise<string> => output('grep ^Groups /proc/self/status', more);
    assert.deepEqual([await groups({ user: 'app' }), await groups({})], ['Groups:\t1000 2000 \n', 'Groups:\t0 \n']);
  },
  'the directory is made where it is missing, files are made as docker’s umask has it, and the machine is another':
    async ({ output }) => {
      const script = 'pwd; umask; hostname; cat /proc/sys/kernel/hostname; tty || :';
      const seen = await output(script, { directory: '/made/here' });
      assert.equal(seen, lines('/made/here', '0022', 'ocikit', 'ocikit', 'not a tty'));
    },
  'what tells of the machine is hidden, and what changes it cannot be written': async ({ output }) => {
    const script = [
      'head -c1 /proc/kcore 2>/dev/null | wc -c; cat /proc/keys /proc/timer_list /proc/interrupts | wc -c; ls /sys/firmware | wc -l',
      'for f in /proc/sys/vm/drop_caches /proc/sysrq-trigger /sys/kernel/uevent_seqnum; do if [ -e $f ] && (echo 0 > $f) 2>/dev/null; then echo $f; fi; done',
    ].join('\n');
    assert.equal(await output(script), lines('0', '0', '0'));
  },
  'no device can be opened but the usual ones, and those of the machine stay as they are': async ({ output }) => {
    const before = lstatSync('/dev/null');
    const script = [
      'mknod /disk b 254 0; head -c1 /disk; mknod /dev/disk b 254 0; head -c1 /dev/disk; echo x > /dev/null',
      'head -c3 /dev/zero | wc -c; head -c3 /dev/urandom | wc -c; ls -l /dev/fd /dev/ptmx >/dev/null && echo links; echo told > /dev/stdout',
      'rm -f /disk; mount -t tmpfs x /tmp || echo no',
    ].join('\n');
    assert.equal(await output(`${script} 2>/dev/null`), lines('3', '3', 'links', 'told', 'no'));
    const after = lstatSync('/dev/null');
    assert.deepEqual([after.uid, after.gid, after.mode], [before.uid, before.gid, before.mode]);
  },
  'files and directories of the host are seen where they are to be, and written only where they may be': async ({
    directory,
    output,
  }) => {
    mkdirSync(join(directory, 'd'));
    writeFileSync(join(directory, 'd/f'), 'in\n');
    writeFileSync(join(directory, 'one'), 'one\n');
    const script =
      'cat /mnt/d/f /etc/one; (echo x > /mnt/d/f) 2>/dev/null || echo no; echo y > /rw/new; cat /etc/hosts | head -n1';
    const volumes = [`${directory}/d:/mnt/d:ro`, `${directory}/one:/etc/one`, `${directory}/d:/rw`];
    assert.equal(await output(script, { volumes }), lines('in', 'one', 'no', '127.0.0.1\tlocalhost ocikit'));
    assert.equal(readFileSync(join(directory, 'd/new'), 'utf8'), 'y\n');
  },
  'without a network there is a loopback and nothing else': async ({ output }) => {
    const script =
      'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "; ping -c1 -W1 127.0.0.1 >/dev/null 2>&1 && echo up';
    assert.equal(await output(script, { network: 'none' }), lines('lo', 'up'));
  },
  'all that the program started ends with it, and with who stops the work': async ({ bundle, run: go }) => {
    const mark = `98${process.pid}`;
    const isAlive = (): boolean => spawnSync('pgrep', ['-f', `sleep ${mark}`]).status === 0;
    assert.equal((await go(['sh', '-c', `sleep ${mark} & exit 3`])).status, 3);
    assert.equal(isAlive(), false);
    const controller = new AbortController();
    const over = go(['sh', '-c', `trap "" INT TERM; touch /begun; sleep ${mark} & sleep ${mark}`], {
      signal: controller.signal,
    }).catch((error: unknown) => error);
    while (!existsSync(join(bundle, 'rootfs/begun'))) await new Promise(resolve => setTimeout(resolve, 20));
    const reason = new Error('enough');
    controller.abort(reason);
    assert.equal(await over, reason);
    while (isAlive()) await new Promise(resolve => setTimeout(resolve, 20));
  },
  'nothing is left in the bundle but what the program changed, and nothing is mounted': async ({
    directory,
    bundle,
    run: go,
  }) => {
    const before = snapshotOf(bundle);
    await go(['true'], { volumes: [`${directory}:/deep/er/mnt`], directory: '/' });
    assert.deepEqual(snapshotOf(bundle), before);
    await go(['sh', '-c', 'echo x > /new; rm /bin/ls; mkdir /etc/conf']);
    const { changes } = await diff(bundle);
    const seen = changes.map(({ kind, path }) => `${kind} ${path}`);
    assert.deepEqual(seen, ['C /bin', 'D /bin/ls', 'C /etc', 'A /etc/conf', 'A /new']);
    assert.deepEqual(readdirSync(bundle).sort(), ['config.json', 'ocikit.index', 'ocikit.json', 'rootfs']);
    assert.deepEqual(mountsBelow(directory), []);
    const groups = spawnSync('find', ['/sys/fs/cgroup', '-name', 'box*'], { encoding: 'utf8' }).stdout;
    assert.equal(groups, '');
  },
};

for (const runner of runners)
  for (const [name, check] of Object.entries(contract))
    test(`${runner}: ${name}`, async t => {
      if (!canRun(t)) return;
      const isThere = runner.includes('chroot') || spawnSync(runner, ['--version']).status === 0;
      if (!isThere) {
        t.skip(`not installed here: ${runner}`);
        return;
      }
      await check(await prepare(t, runner), runner);
    });
