import assert from 'node:assert/strict';
import { test } from 'node:test';
import { both } from './both.ts';

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve));
};

test('two pieces of work begin together and give both results', async () => {
  const begun: string[] = [];
  const work = async (name: string): Promise<string> => {
    begun.push(name);
    await turns(1);
    assert.deepEqual(begun, ['one', 'other']);
    return name;
  };
  assert.deepEqual(
    await both(
      () => work('one'),
      () => work('other'),
    ),
    ['one', 'other'],
  );
});

test('where one fails the other has ended before the error is thrown, whichever it is', async () => {
  for (const failing of ['one', 'other']) {
    let hasEnded = false;
    const slow = async (): Promise<void> => {
      await turns(20);
      hasEnded = true;
    };
    const fails = async (): Promise<never> => {
      throw new Error(failing);
    };
    const work = failing === 'one' ? both(fails, slow) : both(slow, fails);
    await assert.rejects(work, new RegExp(failing));
    assert.ok(hasEnded, failing);
  }
});

test('what is thrown at once is waited for as well, and of two errors the first one counts', async () => {
  let hasEnded = false;
  const slow = async (): Promise<never> => {
    await turns(20);
    hasEnded = true;
    throw new Error('late');
  };
  const atOnce = (): Promise<never> => {
    throw new Error('at once');
  };
  await assert.rejects(both(slow, atOnce), /late/);
  assert.ok(hasEnded);
  await assert.rejects(
    both(atOnce, async () => undefined),
    /at once/,
  );
});
