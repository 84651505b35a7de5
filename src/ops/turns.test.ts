import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { layerTar } from '../testing/layout-files.ts';
import { type OperandKind, type PreparedPlace, preparePlace } from '../testing/prepared-place.ts';
import { textFile } from '../testing/scripts.ts';
import { ownDirectory } from '../testing/temporary.ts';
import { verbUses } from '../testing/verbs.ts';
import type { LayerEntry } from '../tree/node.ts';

/** Paths of a layer: more than a turn of the event loop takes, and four times as many. */
const [some, many] = [5000, 20_000];

const directory = ownDirectory();
const places = new Map<number, PreparedPlace>();

/** Half of the files in one directory, and all of them changed by a second layer; in one that is little to make, they have one body. */
function tarsOf(files: number): readonly Uint8Array[] {
  const entries = (mode: number): readonly LayerEntry[] =>
    Array.from({ length: files }, (_, at) => {
      const path = at % 2 === 0 ? `huge/${(at * 7919) % files}` : `${at % 19}/${at}`;
      return { kind: 'node', path, node: textFile('', mode) };
    });
  return [0o644, 0o600].map(mode => layerTar(entries(mode), () => Buffer.alloc(0)));
}

before(async () => {
  for (const files of [some, many])
    places.set(files, await preparePlace(join(directory.path, `${files}`), { tars: tarsOf(files) }));
});
after(() => directory.remove());

/** Counts how often maps and sets are asked or filled, which no work over a tree does without, and the most between two turns. */
function countWork(): { readonly most: () => number; readonly stop: () => void } {
  const [mapGet, mapSet, setHas] = [Map.prototype.get, Map.prototype.set, Set.prototype.has];
  let [count, most] = [0, 0];
  Map.prototype.get = function (key) {
    count++;
    return mapGet.call(this, key);
  };
  Map.prototype.set = function (key, value) {
    count++;
    return mapSet.call(this, key, value) as typeof this;
  };
  Set.prototype.has = function (value) {
    count++;
    return setHas.call(this, value);
  };
  const turn = (): void => {
    most = Math.max(most, count);
    count = 0;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  const stop = (): void => {
    clearImmediate(next);
    [Map.prototype.get, Map.prototype.set, Set.prototype.has] = [mapGet, mapSet, setHas];
  };
  return { most: () => Math.max(most, count), stop };
}

const kinds: readonly OperandKind[] = ['bundle', 'rootfs', 'image', 'tar'];
const uses = verbUses.filter(({ isLong, layers, writes }) => isLong && layers === 'reads' && writes !== 'directory');

for (const { use, takes, call } of uses) {
  for (const kind of kinds.filter(each => takes.includes(each)).slice(0, 1)) {
    test(`${use}, ${kind}: there is no more work between two turns of the event loop where there are more paths`, async () => {
      const most = new Map<number, number>();
      for (const [files, place] of places) {
        const out = join(place.directory, 'out');
        const work = countWork();
        try {
          await call(place.operands(kind, out));
        } finally {
          work.stop();
        }
        rmSync(out, { recursive: true, force: true });
        most.set(files, work.most());
      }
      const [once, fourfold] = [most.get(some) ?? 0, most.get(many) ?? 0];
      assert.ok(once > 0 && fourfold <= 2 * once, `${once} looks at ${some} paths, ${fourfold} at ${many}`);
    });
  }
}
