import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { mediaTypes } from '../../spec/media-type.ts';
import { nameOf, withName } from '../../spec/name.ts';
import { refusal } from '../../testing/answers.ts';
import { bundledScript, ended } from '../../testing/bundled-script.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { loadNative } from '../disk/native.ts';
import { ownerText } from '../disk/owner.ts';
import { createLayout } from './create-layout.ts';
import { filesOfBeat, IncomingBlobs } from './incoming.ts';
import { openLayout } from './layout.ts';
import { underLock } from './lock.ts';
import { isStale } from './lock-age.ts';

const at = (path: string): string => new URL(path, import.meta.url).pathname;
const imports = `
  import { ownerText } from '../disk/owner.ts';
import { createLayout } from '${at('create-layout.ts')}';
  import { withName } from '${at('../../spec/name.ts')}';
  import { underLock } from '${at('lock.ts')}';`;

const entry = {
  mediaType: mediaTypes.manifest,
  digest: `sha256:${'0'.repeat(64)}`,
  size: 2,
} as const;

const leftovers = (layout: string): string[] =>
  readdirSync(layout).filter(name => !['blobs', 'index.json', 'oci-layout'].includes(name));

async function namesIn(path: string): Promise<readonly (string | undefined)[]> {
  return (await (await openLayout(path)).index()).value.manifests.map(nameOf);
}

const said = (child: ChildProcess, word: string): Promise<void> =>
  new Promise(resolve =>
    child.stdout?.on('data', (chunk: Buffer) => (chunk.toString().includes(word) ? resolve() : undefined)),
  );

const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await new Promise(resolve => setTimeout(resolve, 20));
};

const kinds = ['.ocikit-lock', 'index.json.lock'] as const;

for (const kind of kinds) {
  test(`a lock that changes hands in the middle of a change makes it run again (${kind} is taken)`, async t => {
    const path = join(temporaryDirectory(t), 'layout');
    const store = await createLayout(path);
    let runs = 0;
    const document = await store.updateIndex(index => {
      if (runs++ === 0) {
        rmSync(join(path, kind), { recursive: true });
        writeFileSync(join(path, 'index.json'), Buffer.from(JSON.stringify(withName(index, 'theirs', entry))));
      }
      return withName(index, 'mine', entry);
    });
    assert.equal(runs, 2);
    assert.deepEqual(document.value.manifests.map(nameOf), ['theirs', 'mine']);
    assert.deepEqual(leftovers(path), []);
  });
}

test('twenty processes, with native calls and without, name an image in one layout at once, over dead ones’ locks, and no name is lost', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const program = `${imports}
    const store = await createLayout(process.argv[2]);
    const blob = await store.put((async function* () { yield new TextEncoder().encode(process.argv[3]); })());
    await store.updateIndex(index => withName(index, process.argv[3], { mediaType: '${mediaTypes.manifest}', ...blob }));`;
  const scripts = [await bundledScript(t, program), await bundledScript(t, program, 'without koffi')];
  mkdirSync(join(path, 'blobs'), { recursive: true });
  for (const kind of kinds) {
    mkdirSync(join(path, kind, 'held-dead'), { recursive: true });
    utimesSync(join(path, kind), 1000, 1000);
  }
  const names = Array.from({ length: 20 }, (_, n) => `name-${n}`);
  const ends = await Promise.all(
    names.map((name, n) => ended(spawn(process.execPath, [scripts[n % 2] as string, path, name]))),
  );
  assert.deepEqual(
    ends,
    names.map(() => ({ code: 0, text: '' })),
  );
  assert.deepEqual([...(await namesIn(path))].sort(), names.sort());
  assert.deepEqual(leftovers(path), []);
  t.diagnostic(`${names.length} writers at once`);
});

test('who finds another’s token beside its own in a lock that both took over does not go inside', async t => {
  const path = temporaryDirectory(t);
  const rival = join(path, '.ocikit-lock', 'held-rival');
  const { mkdtempSync } = fs;
  const restore = (): void => {
    fs.mkdtempSync = mkdtempSync;
    syncBuiltinESMExports();
  };
  t.after(restore);
  fs.mkdtempSync = ((prefix: string) => {
    if (!prefix.includes('held-')) return mkdtempSync(prefix);
    restore();
    mkdirSync(rival);
    // It goes before the next try.
    setImmediate(() => rmSync(rival, { recursive: true, force: true }));
    return mkdtempSync(prefix);
  }) as typeof mkdtempSync;
  syncBuiltinESMExports();
  assert.equal(await underLock(path, () => existsSync(rival)), false);
  assert.deepEqual(readdirSync(path), []);
});

test('no two holders are ever inside at once, in one process or in several', async t => {
  const path = temporaryDirectory(t);
  const program = `${imports}
    import { openSync, closeSync, unlinkSync } from 'node:fs';
    const inside = process.argv[2] + '/inside';
    const hold = () => underLock(process.argv[2], () => { closeSync(openSync(inside, 'wx')); unlinkSync(inside); });
    for (let n = 0; n < 25; n++) await Promise.all([hold(), hold(), hold()]);`;
  const scripts = [await bundledScript(t, program), await bundledScript(t, program, 'without koffi')];
  const ends = await Promise.all(
    [0, 1, 2, 3].map(n => ended(spawn(process.execPath, [scripts[n % 2] as string, path]))),
  );
  assert.deepEqual(
    ends,
    [0, 1, 2, 3].map(() => ({ code: 0, text: '' })),
  );
  assert.deepEqual(readdirSync(path), []);
});

const holder = (t: TestContext): Promise<string> =>
  bundledScript(
    t,
    `${imports}
    const store = await createLayout(process.argv[2]);
    let runs = 0;
    await store.updateIndex(index => {
      if (runs++ === 0) process.kill(process.pid, 'SIGSTOP');
      return withName(index, 'suspended', ${JSON.stringify(entry)});
    });`,
  );

const isStopped = (pid: number | undefined): boolean => / T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));

test('a holder that is suspended loses its lock, and commits nothing of what it had read when it wakes', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const store = await createLayout(path);
  const child = spawn(process.execPath, [await holder(t), path]);
  const end = ended(child);
  while (!isStopped(child.pid)) await turns(1);
  utimesSync(join(path, '.ocikit-lock'), 1000, 1000);
  await store.updateIndex(index => withName(index, 'mine', entry));
  child.kill('SIGCONT');
  assert.deepEqual(await end, { code: 0, text: '' });
  assert.deepEqual(await namesIn(path), ['mine', 'suspended']);
  assert.deepEqual(leftovers(path), []);
});

test('the lock of a holder that was killed is taken over at once', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  const store = await createLayout(path);
  const child = spawn(process.execPath, [await holder(t), path]);
  const end = ended(child);
  while (!isStopped(child.pid)) await turns(1);
  child.kill('SIGKILL');
  await end;
  assert.deepEqual(leftovers(path).sort(), [...kinds]);
  // However long it is waited, these do not grow old.
  for (const kind of kinds) utimesSync(join(path, kind), 4e9, 4e9);
  await store.updateIndex(index => withName(index, 'mine', entry));
  assert.deepEqual(leftovers(path), []);
});

for (const native of ['with koffi', 'without koffi'] as const) {
  test(`a flock on index.json.lock that another program holds is waited for, ${native}`, async t => {
    if (spawnSync('flock', ['--version']).error !== undefined) return t.skip('flock is not installed');
    const path = join(temporaryDirectory(t), 'layout');
    await createLayout(path);
    const peer = spawn('flock', [join(path, 'index.json.lock'), 'sh', '-c', 'echo ready; read line']);
    t.after(() => peer.stdin.destroy());
    await said(peer, 'ready');
    const script = await bundledScript(
      t,
      `${imports}
      process.stdout.write('started');
      await (await createLayout(process.argv[2])).updateIndex(index => withName(index, 'mine', ${JSON.stringify(entry)}));`,
      native,
    );
    const child = spawn(process.execPath, [script, path]);
    const end = ended(child);
    await said(child, 'started');
    await turns(20);
    assert.deepEqual(await namesIn(path), []);
    peer.stdin.end('\n');
    assert.deepEqual(await end, { code: 0, text: '' });
    assert.deepEqual(await namesIn(path), ['mine']);
  });
}

test('who waits for another program’s flock holds no lock meanwhile', async t => {
  if (spawnSync('flock', ['--version']).error !== undefined) return t.skip('flock is not installed');
  const path = temporaryDirectory(t);
  const peer = spawn('flock', [join(path, 'index.json.lock'), 'sh', '-c', 'echo ready; read line']);
  t.after(() => peer.stdin.destroy());
  await said(peer, 'ready');
  const controller = new AbortController();
  const waiting = underLock(path, () => assert.fail('inside'), controller);
  await turns(10);
  assert.deepEqual(readdirSync(path), ['index.json.lock']);
  controller.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
});

test('another program’s flock finds index.json.lock held while the index is changed', async t => {
  if (spawnSync('flock', ['--version']).error !== undefined) return t.skip('flock is not installed');
  const path = temporaryDirectory(t);
  const file = join(path, 'index.json.lock');
  const tryFlock = (): number | null => spawnSync('flock', ['-n', file, 'true']).status;
  assert.equal(await underLock(path, tryFlock), 1);
  assert.equal(existsSync(file), false);
  assert.equal(tryFlock(), 0);
});

test('a program that waits for the flock gets it, and the next change waits for that program', async t => {
  if (spawnSync('flock', ['--version']).error !== undefined) return t.skip('flock is not installed');
  const path = temporaryDirectory(t);
  const file = join(path, 'index.json.lock');
  let peer: ChildProcess | undefined;
  await underLock(path, () => {
    peer = spawn('flock', [file, 'sh', '-c', 'echo ready; read line; touch "$0"', join(path, 'theirs')]);
    const waits = new RegExp(`-> FLOCK .* ${peer.pid} `);
    for (let n = 0; n < 6000 && !waits.test(readFileSync('/proc/locks', 'latin1')); n++)
      execFileSync('sleep', ['0.01']);
  });
  await said(peer as ChildProcess, 'ready');
  const next = underLock(path, () => existsSync(join(path, 'theirs')));
  await turns(5);
  peer?.stdin?.end('\n');
  assert.equal(await next, true);
});

test('a signal ends the waiting for a lock that another holds, and the lock stays', async t => {
  const path = temporaryDirectory(t);
  const store = await createLayout(path);
  await store.updateIndex(index => withName(index, 'mine', entry));
  const held = join(path, '.ocikit-lock', `held-${ownerText()}-x`);
  mkdirSync(held, { recursive: true });
  const controller = new AbortController();
  const reason = new Error('enough');
  const waiting = (await openLayout(path, { signal: controller.signal })).updateIndex(index =>
    withName(index, 'other', entry),
  );
  await turns(5);
  controller.abort(reason);
  await assert.rejects(waiting, error => error === reason);
  assert.deepEqual([existsSync(held), await namesIn(path)], [true, ['mine']]);
});

test('a holder that is long at work shows it, and its lock does not count as left while it does', async t => {
  const path = join(temporaryDirectory(t), 'layout');
  await createLayout(path);
  const lock = join(path, '.ocikit-lock');
  await underLock(path, replace => {
    replace(join(path, 'index.json'), readFileSync(join(path, 'index.json')), beat => {
      const [token = ''] = readdirSync(lock).map(name => join(lock, name));
      for (const old of [token, lock]) utimesSync(old, 1, 1);
      assert.equal(isStale(lock), true);
      beat();
      utimesSync(lock, 1, 1);
      assert.equal(isStale(lock), false);
    });
  });
  assert.equal(isStale(lock), false);
  assert.deepEqual(leftovers(path), []);
});

test('no lock file is made where a link leads, and a lock that is a link is none', async t => {
  const place = temporaryDirectory(t);
  const [layout, outside] = [join(place, 'layout'), join(place, 'outside')];
  for (const directory of [layout, outside]) mkdirSync(directory);
  writeFileSync(join(outside, 'kept'), '');
  symlinkSync(join(outside, 'made'), join(layout, 'index.json.lock'));
  if (loadNative() !== undefined)
    await assert.rejects(
      underLock(layout, () => undefined),
      refusal(/index\.json\.lock: expected a lock file, got a symbolic link$/, 'conflict'),
    );
  assert.deepEqual([readdirSync(outside), readdirSync(layout)], [['kept'], ['index.json.lock']]);
});

test('whoever moves many blobs in or out under the lock shows that it is at work', t => {
  const [path, stage] = [join(temporaryDirectory(t), 'layout'), join(temporaryDirectory(t), 'stage')];
  mkdirSync(join(stage, 'blobs/sha256'), { recursive: true });
  const count = 3 * filesOfBeat + 1;
  for (let at = 0; at < count; at++) writeFileSync(join(stage, 'blobs/sha256', `${at}`), '');
  let beats = 0;
  new IncomingBlobs(path, stage).moveIn(() => beats++);
  assert.equal(beats, 3);
  assert.equal(readdirSync(join(path, 'blobs/sha256')).length, count);
});
