import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OciError } from '../errors.ts';
import { onFaultyDisk } from '../testing/faulty-disk.ts';
import { makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { rawTar } from '../testing/raw-tar.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { cp } from './cp.ts';

test('whichever write the disk refuses, a merge is there whole, or the directory is as it was', async t => {
  const place = temporaryDirectory(t);
  const [layout, target] = [makeLayout(join(place, 'img')), join(place, 'target')];
  const tar = rawTar([['a', 'new'], ['b/'], ['b/f', 'new'], ['b/g', 'new'], ['c/'], ['c/h', 'new'], ['z', '-> a']]);
  putName(layout, 'app', putImage(layout, { layers: [{ tar }] }));
  const prepare = (): void => {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(join(target, 'b'), { recursive: true });
    for (const file of ['a', 'b/f', 'mine']) writeFileSync(join(target, file), 'old');
    symlinkSync('/nowhere', join(target, 'z'));
  };
  const merge = (): Promise<unknown> => cp(`${layout}:app:/.`, target, { merge: true, platform: 'linux/amd64' });
  prepare();
  // What could not be removed in the end goes with the process, or else with the next writer.
  const shown = (): readonly string[] => snapshotOf(target).filter(line => !line.startsWith('.ocikit-'));
  const before = shown();
  const { error, calls } = await onFaultyDisk(0, '', merge);
  assert.equal(error, undefined);
  const after = shown();
  assert.equal(readFileSync(join(target, 'b/f'), 'utf8'), 'new');
  let refused = 0;
  for (let n = 1; n <= calls; n++) {
    prepare();
    const end = await onFaultyDisk(n, 'EIO', merge);
    assert.ok(end.error === undefined || end.error instanceof OciError, String(end.error));
    if (end.error !== undefined) refused++;
    isSame(shown(), end.error === undefined ? after : before, `call ${n} of ${calls} (${end.failed})`);
  }
  t.diagnostic(`${refused} of ${calls} failing calls ended it`);
  assert.ok(refused > 10);
});
