import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { preparePlace } from './prepared-place.ts';
import { temporaryDirectory } from './temporary.ts';
import { verbUses } from './verbs.ts';

const fs = createRequire(import.meta.url)('node:fs') as Record<string, unknown>;

/** What a library could change in the process that it runs in: functions that all share, and who listens. */
function hostState(): Map<string, unknown> {
  const held = process as unknown as Record<string, unknown>;
  const state = new Map<string, unknown>(Object.entries(fs).map(([name, value]) => [`fs.${name}`, value]));
  for (const name of ['emit', 'on', 'exit', 'reallyExit', 'kill', 'nextTick', 'umask'])
    state.set(`process.${name}`, held[name]);
  for (const name of Object.getOwnPropertyNames(globalThis)) state.set(name, Reflect.get(globalThis, name));
  for (const event of process.eventNames()) state.set(`on ${String(event)}`, process.listenerCount(event));
  for (const event of ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection'])
    state.set(`on ${event}`, process.listenerCount(event));
  state.set('umask', process.umask());
  state.set('cwd', process.cwd());
  return state;
}

// A program that runs is not in the prepared place.
for (const { use, takes, call } of verbUses.filter(({ verb }) => verb !== 'run')) {
  test(`${use}: the process that it runs in is as it was`, async t => {
    const { operands } = await preparePlace(temporaryDirectory(t));
    const before = hostState();
    await call(operands(takes[0] ?? 'nothing'));
    const after = hostState();
    assert.deepEqual([...after.keys()].sort(), [...before.keys()].sort());
    for (const [name, value] of before) assert.ok(Object.is(after.get(name), value), `${name} has changed`);
  });
}
