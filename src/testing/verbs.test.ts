import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../cli/commands.ts';
import * as library from '../index.ts';
import { runCommand } from './command-line.ts';
import { preparePlace } from './prepared-place.ts';
import { temporaryDirectory } from './temporary.ts';
import { verbUses } from './verbs.ts';

/** A command that touches no place, and functions of text alone. */
const placeless: readonly string[] = ['completion'];
const pure: readonly string[] = ['checkDockerfile', 'explainFindings', 'parseDockerfile'];

test('every function of the library and every command has a row in the table of verbs', () => {
  const isClass = (name: string): boolean => /^[A-Z]/.test(name);
  const functions = Object.keys(library).filter(name => !isClass(name) && !pure.includes(name));
  assert.deepEqual([...new Set(verbUses.map(({ verb }) => verb as string))].sort(), functions.sort());
  const words = commands.map(({ name }) => name).filter(name => !placeless.includes(name));
  assert.deepEqual([...new Set(verbUses.map(({ command }) => command))].sort(), words.sort());
});

test('no command takes - for the name of what it writes', async t => {
  const { directory, operands } = await preparePlace(temporaryDirectory(t));
  const before = process.cwd();
  process.chdir(directory);
  t.after(() => process.chdir(before));
  for (const { use, takes, words } of verbUses) {
    const [kind] = takes;
    if (kind === undefined) continue;
    const typed = words(operands(kind, '-')).map(word => (word === '-:new' ? '-' : word));
    if (!typed.includes('-')) continue;
    await runCommand(typed);
    assert.ok(!readdirSync(directory).includes('-'), `${use}: ${typed.join(' ')}`);
  }
});

for (const { use, takes, call, words } of verbUses) {
  test(`${use}: the library and the command line take every kind of place that its row names`, async t => {
    const [one, other] = [await preparePlace(temporaryDirectory(t)), await preparePlace(temporaryDirectory(t))];
    for (const kind of takes) {
      await call(one.operands(kind, join(one.directory, `out-${kind}`)));
      const { status, err } = await runCommand(words(other.operands(kind, join(other.directory, `out-${kind}`))));
      assert.equal(status, 0, `${kind}: ${err}`);
    }
  });
}
