import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../testing/temporary.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Copies stdin to stdout, every chunk through one buffer that is used again. */
const copier = `
  import { processIo } from '${fileURLToPath(new URL('./process.ts', import.meta.url))}';
  const io = processIo();
  const buffer = new Uint8Array(1 << 20);
  async function* reused() {
    for await (const chunk of io.stdin()) {
      for (let at = 0; at < chunk.length; at += buffer.length) {
        const part = chunk.subarray(at, at + buffer.length);
        buffer.set(part);
        yield buffer.subarray(0, part.length);
        buffer.fill(0);
      }
    }
  }
  await io.stdoutBytes(reused()).catch(error => { io.stderr('refused ' + error.code); process.exitCode = 2; });
`;

function shell(t: TestContext, line: string): { status: number | null; stderr: string; place: string } {
  const place = temporaryDirectory(t);
  writeFileSync(join(place, 'in'), randomBytes(5_000_001));
  writeFileSync(join(place, 'copier.mjs'), copier);
  const command = line.replaceAll('COPY', `${process.execPath} --import tsx ${join(place, 'copier.mjs')}`);
  const { status, stderr } = spawnSync('sh', ['-c', command.replaceAll('PLACE', place)], {
    cwd: checkout,
    encoding: 'utf8',
  });
  return { status, stderr, place };
}

for (const [what, line] of [
  ['files', 'COPY < PLACE/in > PLACE/out'],
  ['pipes', 'cat PLACE/in | COPY | (sleep 0.3; cat) > PLACE/out'],
] as const) {
  test(`what comes in goes out byte for byte through ${what}, whatever becomes of a chunk afterwards`, t => {
    const { status, stderr, place } = shell(t, line);
    assert.deepEqual([status, stderr], [0, '']);
    assert.ok(readFileSync(join(place, 'out')).equals(readFileSync(join(place, 'in'))));
  });
}

test('a reader that went away ends the writing without an error', t => {
  const { stderr, place } = shell(t, '(COPY < PLACE/in; echo $? > PLACE/status) | head -c 10 > PLACE/out');
  assert.deepEqual([readFileSync(join(place, 'status'), 'utf8'), stderr], ['0\n', '']);
});

test('a device without room is an error of the writing', t => {
  assert.deepEqual(shell(t, 'COPY < PLACE/in > /dev/full').stderr, 'refused conflict');
});
