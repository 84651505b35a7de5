import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FileNode, impliedMeta, type LayerEntry } from '../tree/node.ts';
import { type Keeping, KeptBodies } from './kept-bodies.ts';

const file = (member: number, size: number): FileNode => ({
  kind: 'file',
  meta: impliedMeta,
  size,
  content: { source: 'layer', member },
});

function pass(kept: KeptBodies, path: string, node: FileNode): void {
  const entry: LayerEntry = { kind: 'node', path, node };
  kept.begin(entry);
  // A stream uses its chunk again.
  const chunk = new Uint8Array(1);
  for (let at = 0; at < node.size; at++) {
    chunk[0] = node.content.member;
    kept.data(chunk);
  }
  chunk[0] = 0xff;
  kept.end();
}

const keeping: Keeping = path =>
  path === 'other' ? undefined : { says: ({ bytes }) => (bytes.length === 1 ? 'nothing' : 'something') };

test('contents that are wanted are kept until there is no room, and none but those', () => {
  const kept = new KeptBodies(keeping, 10);
  const [one, other, large, last, again] = [file(1, 6), file(2, 4), file(3, 5), file(4, 4), file(1, 6)];
  pass(kept, 'one', one);
  pass(kept, 'other', other);
  pass(kept, 'large', large);
  pass(kept, 'last', last);
  pass(kept, 'again', again);
  assert.deepEqual(kept.of(again), Uint8Array.from([1, 1, 1, 1, 1, 1]));
  assert.equal(kept.of(other), undefined);
  assert.equal(kept.of(large), undefined);
  assert.deepEqual(kept.of(last), Uint8Array.from([4, 4, 4, 4]));
  assert.equal(kept.isIdle(last), false);
});

test('contents that say nothing take no room, and that is remembered', () => {
  const kept = new KeptBodies(keeping, 2);
  pass(kept, 'a', file(1, 2));
  pass(kept, 'b', file(2, 1));
  assert.equal(kept.of(file(2, 1)), undefined);
  assert.ok(kept.isIdle(file(2, 1)));
  assert.equal(kept.isIdle(file(1, 2)), false);
});

test('a link, a directory and what nobody keeps pass', () => {
  const kept = new KeptBodies(undefined);
  pass(kept, 'a', file(1, 3));
  assert.equal(kept.of(file(1, 3)), undefined);
  const some = new KeptBodies(keeping);
  some.begin({ kind: 'node', path: 'd', node: { kind: 'directory', meta: impliedMeta, children: new Map() } });
  some.data(Uint8Array.of(1));
  some.end();
  some.begin({ kind: 'hardlink', path: 'h', target: 'a' });
  some.end();
  assert.equal(some.of(file(1, 3)), undefined);
});

test('what is missing of a body is not copied, however its bytes come, and what is in it alone is read again', () => {
  const whole = Uint8Array.from({ length: 9000 }, (_, at) => at % 251);
  const missing = [
    { start: 4100, end: 5000 },
    { start: 4900, end: 5100 },
    { start: 8999, end: 9000 },
  ];
  for (const length of [1, 7, 4096, 4097, 5000, 9000]) {
    for (const verdict of ['something', 'unknown'] as const) {
      const kept = new KeptBodies(() => ({
        unneeded: beginning => (beginning.length === 4096 ? missing : assert.fail()),
        says: () => verdict,
      }));
      const node = file(1, whole.length);
      kept.begin({ kind: 'node', path: 'a', node });
      for (let at = 0; at < whole.length; at += length) kept.data(whole.subarray(at, at + length));
      kept.end();
      const expected = whole.slice();
      for (const { start, end } of missing) expected.fill(0, start, end);
      assert.deepEqual(kept.of(node), verdict === 'something' ? expected : undefined);
      assert.equal(kept.isIdle(node), false);
    }
  }
});
