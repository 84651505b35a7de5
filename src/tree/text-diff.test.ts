import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf } from './path.ts';
import { isBinary, type TextDiff, textDiff } from './text-diff.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The newer text, made of the older and of what differs. Throws where a hunk does not fit. */
function patched(before: string, { hunks }: TextDiff): string {
  const lines = before.split(/(?<=\n)/);
  const result: string[] = [];
  let at = 0;
  for (const { oldStart, oldLines, newStart, newLines, lines: changed } of hunks) {
    const start = oldLines === 0 ? oldStart : oldStart - 1;
    result.push(...lines.slice(at, start));
    assert.equal(result.length, newLines === 0 ? newStart : newStart - 1);
    at = start;
    for (const { kind, text, isUnended } of changed) {
      const line = isUnended === true ? text : `${text}\n`;
      if (kind !== '+') assert.equal(lines[at++], line);
      if (kind !== '-') result.push(line);
    }
    assert.equal(at - start, oldLines);
    assert.equal(changed.filter(({ kind }) => kind !== '-').length, newLines);
  }
  return [...result, ...lines.slice(at)].join('');
}

const texts = fc
  .array(fc.constantFrom('a', 'b', 'c', '', ' d', 'long line'), { maxLength: 40 })
  .chain(lines => fc.boolean().map(isEnded => lines.join('\n') + (isEnded ? '\n' : '')));

test('hunks applied to the older text give the newer one, and count what they add and delete', () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const diff = textDiff(encode(before), encode(after));
      assert.equal(patched(before, diff), after);
      const count = (kind: string): number =>
        diff.hunks.flatMap(({ lines }) => lines).filter(line => line.kind === kind).length;
      assert.deepEqual([diff.added, diff.deleted], [count('+'), count('-')]);
    }),
  );
});

test('a text does not differ from itself, and differs by as little as was done to it', () => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.constantFrom('new\n', 'newer\nnewest\n'), (text, place, inserted) => {
      assert.deepEqual(textDiff(encode(text), encode(text)), { hunks: [], added: 0, deleted: 0 });
      const lines = text.split(/(?<=\n)/);
      const at = place % (lines.length + 1);
      if (at === lines.length && !text.endsWith('\n')) return;
      const after = [...lines.slice(0, at), inserted, ...lines.slice(at)].join('');
      const { added, deleted } = textDiff(encode(text), encode(after));
      assert.deepEqual([added, deleted], [inserted.split('\n').length - 1, 0]);
    }),
  );
});

test('any bytes are lines, and every byte is kept', () => {
  const diff = textDiff(new Uint8Array([255, 10, 13, 10]), new Uint8Array([254, 10, 13, 10]));
  assert.deepEqual(diff.hunks[0]?.lines, [
    { kind: '-', text: '\xff' },
    { kind: '+', text: '\xfe' },
    { kind: ' ', text: '\r' },
  ]);
});

test('what lacks a line feed at its end says so on either side', () => {
  assert.deepEqual(textDiff(encode('one\ntwo'), encode('one\ntwo\n')).hunks, [
    {
      oldStart: 1,
      oldLines: 2,
      newStart: 1,
      newLines: 2,
      section: '',
      lines: [
        { kind: ' ', text: 'one' },
        { kind: '-', text: 'two', isUnended: true },
        { kind: '+', text: 'two' },
      ],
    },
  ]);
});

test('texts that have nothing of each other or repeat themselves are compared in bounded work', () => {
  const lines = (length: number, lineOf: (at: number) => unknown): Uint8Array =>
    encode(Array.from({ length }, (_, at) => `${lineOf(at)}\n`).join(''));
  const cases = [
    [lines(40_000, at => at), lines(40_000, at => 40_000 - at)],
    [lines(40_000, () => 'a'), lines(40_000, at => (at % 2 === 0 ? 'a' : 'b'))],
    [lines(40_000, at => at % 2), lines(40_000, at => at % 3)],
  ] as const;
  for (const [before, after] of cases) {
    const { hunks, added, deleted } = textDiff(before, after);
    assert.ok(hunks.length > 0 && added === deleted);
  }
});

test('a NUL among the first 8000 bytes makes a file binary, a later one does not', () => {
  assert.equal(isBinary(bytesOf(`${'a'.repeat(7999)}\0`)), true);
  assert.equal(isBinary(bytesOf(`${'a'.repeat(8000)}\0`)), false);
  assert.equal(isBinary(bytesOf('')), false);
});
