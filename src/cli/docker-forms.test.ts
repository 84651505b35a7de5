import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../testing/command-line.ts';
import { commands } from './commands.ts';
import { elsewhere, groups } from './docker-forms.ts';
import { nearest } from './nearest.ts';

test('a management word of docker is the verb that it means', async () => {
  for (const [group, verbs] of Object.entries(groups))
    for (const [word, verb] of Object.entries(verbs)) {
      if (!commands.some(({ name, alias }) => name === verb || alias === verb)) continue;
      const { status, out } = await runCommand([verb, '--help']);
      assert.deepEqual(await runCommand([group, word, '--help']), { status, out, err: '' }, `${group} ${word}`);
      assert.deepEqual(await runCommand(['help', group, word]), { status, out, err: '' }, `${group} ${word}`);
    }
  assert.match((await runCommand(['rmi'])).err, /^ocikit: untag: expected IMAGE, got nothing/);
  assert.match((await runCommand(['image', 'lss'])).err, /^ocikit: image: expected one of ls, list, .*, got 'lss'\n$/);
  assert.equal((await runCommand(['image'])).status, 0);
});

test('a verb that needs a daemon or a registry is answered with what to type instead', async () => {
  for (const verb of Object.keys(elsewhere)) {
    if (commands.some(({ name, alias }) => name === verb || alias === verb)) continue;
    const { status, out, err } = await runCommand([verb, 'x', '-a']);
    assert.deepEqual([status, out, err.split('\n').length], [2, '', 2], verb);
    assert.match(err, /^ocikit: \w+: expected a verb that works on files, got .* \(.+\)\n$/, verb);
  }
  assert.match((await runCommand(['push', 'x'])).err, /skopeo copy oci:/);
  assert.match((await runCommand(['image', 'pull', 'x'])).err, /skopeo copy docker:/);
});

test('a word with a slip is answered with the one that was meant', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['dif a b', /did you mean diff\?/],
    ['histroy a', /did you mean history\?/],
    ['history a --no-trnc', /expected one of its options, got '--no-trnc' \(did you mean --no-trunc\?\)/],
    ['diff a b --nameonly', /did you mean --name-only\?/],
    ['diff a b --frobnicate=1', /\(ocikit diff --help\)/],
    ['xyzzy', /\(ocikit --help lists them\)/],
  ];
  for (const [words, hint] of cases) assert.match((await runCommand(words.split(' '))).err, hint, words);
  assert.equal(nearest('ab', ['xy', 'zz']), undefined);
  assert.equal(nearest('platfrom', ['platform', 'format']), 'platform');
});

test('options that old scripts have are taken', async () => {
  for (const option of ['-p', '--pause', '--pause=true', '--pause=false'])
    assert.match((await runCommand(['commit', '/nowhere', 'i', option])).err, /nowhere/, option);
});
