import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { refusal } from '../testing/answers.ts';
import { VarintReader, VarintWriter } from './varints.ts';

test('law: numbers of up to 53 bits and bytes come back, and numbers of more are refused', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.maxSafeNat(), fc.uint8Array({ maxLength: 5000 }))), values => {
      const out = new VarintWriter();
      for (const value of values) typeof value === 'number' ? out.number(value) : out.bytes(value);
      const reader = new VarintReader(out.written, 'x');
      for (const value of values)
        assert.deepEqual(typeof value === 'number' ? reader.number() : Uint8Array.from(reader.bytes()), value);
      assert.ok(reader.isAtEnd);
    }),
  );
  const last = Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 15);
  assert.equal(new VarintReader(last, 'x').number(), Number.MAX_SAFE_INTEGER);
  for (const bytes of [last.with(7, 31), last.with(7, 0x8f), Uint8Array.of(0x80), Uint8Array.of()])
    assert.throws(() => new VarintReader(bytes, 'x').number(), refusal(/x: expected a number/, 'invalid'));
});
