import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peek } from './peek.ts';
import { tap } from './tap.ts';

/** Numbers as chunks of one byte in one reused buffer; says when it was closed. */
async function* numbers(count: number, closed: { value: boolean }): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(1);
  try {
    for (let number = 0; number < count; number++) {
      buffer[0] = number;
      yield buffer;
    }
  } finally {
    closed.value = true;
  }
}

async function collected(bytes: AsyncIterable<Uint8Array>): Promise<number[]> {
  const found: number[] = [];
  for await (const chunk of bytes) found.push(...chunk);
  return found;
}

test('both readers of a tapped stream get every byte, though the source reuses its buffer', async () => {
  const closed = { value: false };
  let seen: number[] = [];
  const tapped = tap(numbers(100, closed), async bytes => {
    seen = await collected(bytes);
  });
  assert.deepEqual(await collected(tapped), [...Array(100).keys()]);
  assert.deepEqual(seen, [...Array(100).keys()]);
  assert.ok(closed.value);
});

test('what the reader of a tap throws ends the stream, at the latest at its end, and closes the source', async () => {
  for (const after of [0, 3, 100]) {
    const closed = { value: false };
    const tapped = tap(numbers(100, closed), async bytes => {
      let count = 0;
      for await (const _ of bytes) if (count++ === after) break;
      throw new Error(`after ${after}`);
    });
    await assert.rejects(collected(tapped), new Error(`after ${after}`));
    assert.ok(closed.value);
  }
});

test('a reader of a tap that leaves early stops nobody', async () => {
  const tapped = tap(numbers(50, { value: false }), async bytes => {
    for await (const _ of bytes) break;
  });
  assert.equal((await collected(tapped)).length, 50);
  const unread = tap(numbers(50, { value: false }), async () => undefined);
  assert.equal((await collected(unread)).length, 50);
});

test('where nobody reads a tapped stream on, or its source fails, the tap is told, and the source is closed', async () => {
  const closed = { value: false };
  let told: unknown;
  const read = async (bytes: AsyncIterable<Uint8Array>): Promise<void> => {
    await collected(bytes).catch((error: unknown) => {
      told = error;
    });
  };
  for await (const _ of tap(numbers(50, closed), read)) break;
  assert.match(String(told), /nobody reads on/);
  assert.ok(closed.value);
  const failing = async function* (): AsyncIterable<Uint8Array> {
    yield new Uint8Array(3);
    throw new Error('the disk');
  };
  told = undefined;
  await assert.rejects(collected(tap(failing(), read)), /the disk/);
  assert.ok(told instanceof Error);
});

test('a stream that was peeked at is whole, whatever its pieces, and can be closed unread', async () => {
  for (const count of [0, 3, 8, 50]) {
    const { head, whole } = await peek(numbers(count, { value: false }), 8);
    assert.equal(head.length, Math.min(count, 8));
    assert.deepEqual(await collected(whole), [...Array(count).keys()]);
  }
  const closed = { value: false };
  await (await peek(numbers(50, closed), 8)).close();
  assert.ok(closed.value);
});
