import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OciError } from './errors.ts';
import * as library from './index.ts';
import { optionTables } from './ops/calls.ts';
import { hostileParts, hostileValues } from './testing/hostile-values.ts';
import { isSame, snapshotOf } from './testing/snapshot.ts';
import { temporaryDirectory } from './testing/temporary.ts';

// Most calls end in an error, and nobody reads where it came from: 40,000 traces would take longer than the calls.
Error.stackTraceLimit = 1;

type Call = (...given: readonly unknown[]) => unknown;

const functions = Object.entries(library).flatMap(([name, value]): readonly (readonly [string, Call])[] =>
  typeof value === 'function' && !/^[A-Z]/.test(name) ? [[name, value as Call]] : [],
);
/** The options of a verb, those of what reads a text, and some that there are not. */
function optionsOf(name: string): readonly string[] {
  const table = name in optionTables ? optionTables[name as keyof typeof optionTables] : undefined;
  const own = table === undefined ? ['file', 'arguments', 'platform', 'images', 'ignored'] : Object.keys(table);
  return [...own, '__proto__', 'nothing'];
}

/** More than any function takes: `length` does not count what has a default. */
const most = 4;

/** Whether a call answers, or refuses with an error of ocikit's own: nothing else comes out, neither thrown nor rejected. */
async function isAnswered(name: string, call: Call, given: readonly unknown[], what: string): Promise<void> {
  const isOwn = (error: unknown): boolean => error instanceof OciError;
  let answer: unknown;
  try {
    answer = call(...given);
  } catch (error) {
    assert.ok(isOwn(error), `${name}, ${what}: ${error instanceof Error ? error.stack : String(error)}`);
    const isAsync = name !== 'parseDockerfile' && name !== 'checkDockerfile';
    assert.ok(!isAsync, `${name}, ${what}: expected a promise that rejects, got an error that is thrown`);
    return;
  }
  try {
    await answer;
  } catch (error) {
    assert.ok(isOwn(error), `${name}, ${what}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

for (const [name, call] of functions) {
  test(`${name} refuses what it cannot take, wherever it stands, with an error of ocikit's own, and does nothing`, async t => {
    const place = temporaryDirectory(t);
    const file = join(place, 'file');
    writeFileSync(file, '');
    const before = snapshotOf(place);
    // Nothing can be made below a file.
    const nowhere = `${file}/below`;
    for (const { name: what, value } of hostileValues(nowhere))
      for (let at = 0; at < most; at++)
        for (const other of [nowhere, [nowhere]]) {
          const given = [...Array.from({ length: at }, () => other), value];
          await isAnswered(name, call, given, `argument ${at + 1} is ${what}`);
        }
    for (const option of optionsOf(name))
      for (const { name: what, value } of hostileParts(nowhere))
        for (const at of [call.length, call.length + 1]) {
          const given = [...Array.from({ length: at }, () => nowhere), Object.fromEntries([[option, value]])];
          await isAnswered(name, call, given, `option ${option} is ${what}`);
        }
    isSame(snapshotOf(place), before, name);
  });
}
