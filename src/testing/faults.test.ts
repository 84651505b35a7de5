import assert from 'node:assert/strict';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OciError } from '../errors.ts';
import { isValid } from './answers.ts';
import { onFaultyDisk } from './faulty-disk.ts';
import { preparePlace } from './prepared-place.ts';
import { snapshotOf } from './snapshot.ts';
import { temporaryDirectory } from './temporary.ts';
import type { VerbUse } from './verb-use.ts';
import { verbUses } from './verbs.ts';

/** Where the result goes: a new place below directories that are not there yet, or a layout that holds another image. */
const places = ['new', 'standing'] as const;

const goes = ({ writes, verb }: VerbUse, place: (typeof places)[number]): boolean =>
  place === 'standing' ? writes === 'layout' && verb !== 'init' : true;

const isFilled = ({ writes }: VerbUse): boolean => writes === 'layout' || writes === 'directory';

for (const use of verbUses.filter(({ writes }) => writes !== 'stream' && writes !== 'nothing')) {
  for (const where of places.filter(place => goes(use, place))) {
    test(`${use.use} (${where}): whichever write the disk refuses, all is as it was, or all is there`, async t => {
      const { directory, layout, operands } = await preparePlace(temporaryDirectory(t));
      const standing = join(directory, 'standing');
      const out = where === 'standing' ? standing : join(directory, isFilled(use) ? 'n1/n2/out' : 'out');
      const prepare = (): void => {
        for (const path of [standing, join(directory, 'n1'), join(directory, 'out')])
          rmSync(path, { recursive: true, force: true });
        if (where === 'standing') {
          cpSync(layout, standing, { recursive: true });
          // Half of what comes is there already.
          const blobs = join(standing, 'blobs/sha256');
          for (const name of [...snapshotOf(blobs)].slice(0, 3)) rmSync(join(blobs, name.split(' ')[0] as string));
          writeFileSync(join(standing, 'index.json'), '{"schemaVersion":2,"manifests":[]}');
        }
      };
      const pristine = join(temporaryDirectory(t), 'img');
      cpSync(layout, pristine, { recursive: true });
      const restore = (): void => {
        if (use.writes !== 'source') return;
        rmSync(layout, { recursive: true, force: true });
        cpSync(pristine, layout, { recursive: true });
      };
      const given = operands(use.takes[0] ?? 'nothing', out);
      prepare();
      const { error, calls } = await onFaultyDisk(0, '', () => use.call(given));
      assert.equal(error, undefined);
      restore();
      prepare();
      t.diagnostic(`${calls} failing calls`);
      const before = snapshotOf(directory);
      for (let n = 1; n <= calls; n++) {
        const code = n % 2 === 0 ? 'ENOSPC' : 'EIO';
        const end = await onFaultyDisk(n, code, () => use.call(given));
        const what = `call ${n} of ${calls} (${end.failed}, ${code})`;
        if (end.error === undefined) {
          if (use.writes === 'layout' || use.writes === 'source') await isValid(use.writes === 'layout' ? out : layout);
          else assert.ok(existsSync(out), what);
          restore();
          prepare();
        } else assert.ok(end.error instanceof OciError, `${what}: ${(end.error as Error).stack}`);
        assert.deepEqual(snapshotOf(directory), before, what);
      }
    });
  }
}
