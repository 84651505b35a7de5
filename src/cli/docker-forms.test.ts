import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../testing/command-line.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commands } from './commands.ts';
import { elsewhere, groups } from './docker-forms.ts';
import { nearest } from './nearest.ts';
import { optionsOf } from './options-of.ts';
import { peerOptions, peerVerbs } from './peer-words.ts';

test('a management word of docker is the verb that it means', async () => {
  for (const [group, verbs] of Object.entries(groups))
    for (const [word, verb] of Object.entries(verbs)) {
      if (!commands.some(({ name, alias }) => name === verb || alias === verb)) continue;
      const { status, out } = await runCommand([verb, '--help']);
      assert.deepEqual(await runCommand([group, word, '--help']), { status, out, err: '' }, `${group} ${word}`);
      assert.deepEqual(await runCommand(['help', group, word]), { status, out, err: '' }, `${group} ${word}`);
    }
  assert.match((await runCommand(['rmi'])).err, /^ocikit: rmi: expected IMAGE, got nothing \(ocikit rmi --help\)/);
  assert.match(
    (await runCommand(['image', 'lss'])).err,
    /^ocikit: image lss: expected one of ls, list, .*, got 'lss' \(did you mean image ls\?\)\n$/,
  );
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

test('what an option or a verb of another tool is here is an option or a verb that there is', () => {
  for (const [verb, table] of Object.entries(peerOptions)) {
    const command = commands.find(({ name }) => name === verb);
    assert.ok(command !== undefined || verb === '', verb);
    for (const [option, ours] of Object.entries(table)) {
      const own = command === undefined ? [] : optionsOf(command);
      assert.ok(!own.some(({ name, alias }) => name === option || alias === option), `${verb} has --${option} itself`);
      for (const [, flag] of ours.matchAll(/(?:^|, then |and )--([a-z-]+)/g))
        assert.ok(command === undefined || own.some(({ name }) => name === flag), `${verb} --${option}: --${flag}`);
    }
  }
  for (const command of commands) {
    const own = optionsOf(command);
    for (const [option, ours] of Object.entries(command.elsewhere ?? {})) {
      assert.ok(!own.some(({ name, alias }) => name === option || alias === option), `${command.name} has --${option}`);
      for (const [, flag] of ours.matchAll(/(?:^|: )--([a-z-]+)/g))
        assert.ok(
          own.some(({ name }) => name === flag),
          `${command.name} --${option}: --${flag}`,
        );
    }
  }
  for (const [verb, ours] of Object.entries(peerVerbs)) {
    assert.ok(!commands.some(({ name, alias }) => name === verb || alias === verb), verb);
    for (const [, word] of ours.matchAll(/ocikit ([a-z]+)/g))
      assert.ok(
        commands.some(({ name }) => name === word),
        `${verb}: ${word}`,
      );
  }
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

test('what is no image, archive or tar is told so, and what another verb takes is sent there', async t => {
  const { layout, directory, operands } = await preparePlace(temporaryDirectory(t));
  const page = join(directory, 'page');
  for (const text of ['short\n', 'a page of text\n'.repeat(99)]) {
    writeFileSync(page, text);
    const { status, err } = await runCommand(['history', page]);
    assert.deepEqual([status, err], [2, `ocikit: ${page}: expected an image layout, an archive or a tar, got none\n`]);
  }
  for (const kind of ['oci-archive', 'docker-archive'] as const) {
    const { status, err } = await runCommand(['import', operands(kind).source, `${layout}:new`]);
    assert.equal(status, 2);
    assert.match(err, /expected the tar of a root filesystem, got an image archive \(`ocikit load` /, kind);
  }
  const rootfs = operands('rootfs').source;
  writeFileSync(join(rootfs, 'manifest.json'), '{}');
  assert.equal(
    (await runCommand(['commit', rootfs, `${layout}:new`, '-c', 'FOO x'])).err.includes('CMD ENTRYPOINT ENV'),
    true,
  );
});

test('a pipe that brings nothing is refused unless an empty root filesystem is meant', async t => {
  const image = join(temporaryDirectory(t), 'img:empty');
  const { status, out, err } = await runCommand(['import', '-', image]);
  assert.deepEqual([status, out], [2, '']);
  assert.match(err, /^ocikit: stdin: expected a tar, got nothing \(--allow-empty /);
  assert.equal((await runCommand(['history', image])).status, 2);
  assert.match((await runCommand(['import', '-', image, '--allow-empty'])).out, /^sha256:/);
});
