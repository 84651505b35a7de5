import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { copy, diff, exportImage, importRootfs, load, save, unpack, validate } from '../index.ts';
import type { Progress } from '../ops/options.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { Io } from './io.ts';
import { progressLine, withProgress } from './progress.ts';
import { Words } from './words.ts';

test('a line has what is done, of how much, the percent, the rate and the time left', () => {
  const line = (progress: Progress, elapsed: number): string => progressLine(progress, elapsed);
  assert.equal(
    line({ bytes: 1e9, total: 4e9, label: 'unpacking' }, 10_000),
    'unpacking  1GB of 4GB  25%  100MB/s  0:30 left',
  );
  assert.equal(line({ bytes: 5e6, label: 'comparing' }, 1000), 'comparing  5MB  5MB/s');
  assert.equal(line({ bytes: 5e6, total: 4e6, label: 'saving' }, 1000), 'saving  4MB of 4MB  100%  5MB/s  0:00 left');
  assert.equal(line({ bytes: 0, total: 4e6 }, 0), '0B of 4MB  0%  0B/s');
  assert.equal(line({ bytes: 1e6, total: 4_000e6 }, 1000), '1MB of 4GB  0%  1MB/s');
  assert.equal(line({ bytes: 10e6, total: 40_000e6 + 10e6 }, 2000), '10MB of 40GB  0%  5MB/s');
  assert.equal(line({ bytes: 1e9, total: 40e9 }, 100_000), '1GB of 40GB  2%  10MB/s  1:05:00 left');
});

/** A world whose clock a test moves, and what was printed. */
function terminal(
  t: TestContext,
  given: Partial<Io>,
): { readonly io: Io; readonly printed: () => string; pass(milliseconds: number): void } {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let [time, printed] = [0, ''];
  const io = {
    stderrIsTerminal: true,
    columns: 80,
    now: () => new Date(time),
    stderr: (text: string) => {
      printed += text;
    },
    ...given,
  } as Io;
  const pass = (milliseconds: number): void => {
    for (let step = 0; step < milliseconds; step += 100) {
      time += 100;
      t.mock.timers.tick(100);
    }
  };
  return { io, printed: () => printed, pass };
}

const words = (...flags: readonly string[]): Words => new Words(new Map(flags.map(flag => [flag, true])));

test('progress shows on a terminal only, after half a second, and is wiped away', async t => {
  const shown = async (given: Partial<Io>, flags: readonly string[], milliseconds: number): Promise<string> => {
    const { io, printed, pass } = terminal(t, given);
    await withProgress(words(...flags), io, async ({ progress }) => {
      if (progress !== undefined) Object.assign(progress, { bytes: 1000, total: 2000, label: 'copying' });
      pass(milliseconds);
    });
    t.mock.timers.reset();
    return printed();
  };
  assert.equal(await shown({}, [], 400), '');
  assert.match(await shown({}, [], 600), /^\rcopying {2}1kB of 2kB {2}50%[^\n]+\r\x1b\[K$/);
  assert.equal(await shown({ columns: 0 }, [], 600), await shown({ columns: 80 }, [], 600));
  for (const columns of [1, 2, 20])
    assert.match(await shown({ columns }, [], 600), new RegExp(`^(\\r[^\\r]{0,${columns - 1}}\\x1b\\[K)+$`));
  assert.equal(await shown({ stderrIsTerminal: false }, [], 600), '');
  for (const flag of ['quiet', 'no-progress']) assert.equal(await shown({}, [flag], 600), '', flag);
});

test('who watches a verb of the library is told what it does, and as many bytes go by as were announced', async t => {
  const { layout, directory, operands } = await preparePlace(temporaryDirectory(t));
  const image = `${layout}:app`;
  const out = (name: string): string => join(directory, name);
  const verbs: Readonly<Record<string, (progress: Progress) => Promise<unknown>>> = {
    unpacking: progress => unpack(image, out('unpacked'), { progress }),
    exporting: progress => exportImage(image, out('x.tar'), { progress }),
    saving: progress => save([image], out('s.tar'), { progress }),
    loading: progress => load(operands('oci-archive').source, out('loaded'), { progress }),
    copying: progress => copy(operands('oci-archive').source, `${out('copied')}:x`, { progress }),
    validating: progress => validate(image, { progress }),
    'saving plain layers': progress => save([image], out('d.tar'), { progress, format: 'docker' }),
    importing: progress => importRootfs(operands('tar').source, `${out('imported')}:x`, { progress }),
    'comparing an image with a directory': progress => diff(image, out('unpacked'), { progress }),
    'comparing images': progress => diff(image, operands('oci-archive').source, { progress }),
    'comparing a directory with an image': progress => diff(out('unpacked'), image, { progress }),
  };
  for (const [label, run] of Object.entries(verbs)) {
    const progress: Progress = { bytes: 0 };
    await run(progress);
    assert.equal(progress.label, label.split(' ')[0]);
    const total = progress.total ?? 0;
    assert.ok(
      total > 0 && progress.bytes > total * 0.5 && progress.bytes <= total * 2,
      `${label}: ${progress.bytes} of ${total}`,
    );
  }
});
