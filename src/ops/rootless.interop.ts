import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { asNobody, nobody } from '../testing/as-nobody.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools, isRoot, run } from '../testing/witness.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { unpack } from './unpack.ts';

const hostPlatform = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };

/** A root filesystem with a shell and what `script` calls, of this machine's own programs. */
function makeRootfs(rootfs: string, ...programs: readonly string[]): void {
  for (const directory of ['etc', 'proc', 'dev', 'sys']) mkdirSync(join(rootfs, directory), { recursive: true });
  for (const program of programs) {
    const path = run('/', 'sh', '-c', `command -v ${program}`).trim();
    const libraries = run('/', 'ldd', path).match(/\/\S+/g) ?? [];
    for (const file of [path, ...libraries]) {
      mkdirSync(join(rootfs, dirname(file)), { recursive: true });
      cpSync(file, join(rootfs, file), { dereference: true });
    }
  }
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0:::/bin/sh\n');
  run(rootfs, 'sh', '-c', 'chown 42:43 etc/passwd && mknod dev/zero c 1 5');
}

const script = 'id -u; stat -c %u:%g /etc/passwd; echo more >>/etc/passwd; echo new >/etc/new';

test('an ordinary user unpacks a bundle, runs it with runc, and commits what the container did', async t => {
  if (!isRoot(t) || !hasTools(t, 'runc', 'setpriv', 'ldd')) return;
  const place = temporaryDirectory(t);
  chmodSync(place, 0o777);
  makeRootfs(join(place, 'rootfs'), 'sh', 'id', 'stat');
  const [base, next] = [join(place, 'img:base'), join(place, 'img:next')];
  const work = join(place, 'work');
  const instructions = [`CMD ["sh", "-c", "${script}"]`];
  await commit(join(place, 'rootfs'), base, { instructions, hostPlatform });
  run(place, 'chown', '-R', `${nobody}:${nobody}`, 'img');
  await asNobody(async () => {
    await unpack(base, work, { bundle: true, rootless: true, hostPlatform });
    assert.deepEqual((await diff(work, undefined, { hostPlatform })).changes, []);
    assert.equal((await commit(work, join(place, 'img:same'), { hostPlatform })).layer, null);
  });
  const user = ['--reuid', `${nobody}`, '--regid', `${nobody}`, '--clear-groups'];
  const runc = `XDG_RUNTIME_DIR=${place}/run runc --root ${place}/runc run -b ${work} ocikit-rootless`;
  try {
    assert.equal(run(place, 'setpriv', ...user, 'sh', '-c', `mkdir -m 700 run && ${runc}`), '0\n0:0\n');
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr);
    if (!/cgroup|permission|operation not/i.test(said)) throw error;
    return t.skip(`this machine starts no containers without root: ${said.slice(0, 200)}`);
  }
  await asNobody(() => commit(work, next, { hostPlatform }));
  const { changes } = await diff(base, next, { hostPlatform });
  assert.deepEqual(
    changes.map(({ kind, path, after }) => `${kind} ${path} ${after?.type} ${after?.uid}:${after?.gid}`),
    ['C /etc directory 0:0', 'A /etc/new file 0:0', 'C /etc/passwd file 42:43'],
  );
});
