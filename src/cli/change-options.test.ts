import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../testing/command-line.ts';
import {
  changeOptions,
  changeRules,
  editOptions,
  placeOptions,
  platformOptions,
  printChange,
  readChangeOptions,
} from './change-options.ts';
import { commands } from './commands.ts';
import type { Io } from './io.ts';
import { optionsOf } from './options-of.ts';
import { Words } from './words.ts';

const io = { env: { SOURCE_DATE_EPOCH: '60' }, hostPlatform: { os: 'linux', architecture: 'arm64' } } as unknown as Io;

test('what is typed of a result is what the library takes', () => {
  const words = new Words(
    new Map<string, unknown>([
      ['tag', 'v1'],
      ['change', ['USER a']],
      ['all-platforms', true],
    ]),
  );
  assert.deepEqual(readChangeOptions(words, io), {
    tag: 'v1',
    hostPlatform: { os: 'linux', architecture: 'arm64' },
    allPlatforms: true,
    now: '1970-01-01T00:01:00Z',
    instructions: ['USER a'],
    annotations: [],
  });
  assert.deepEqual(changeOptions.slice(0, -1), [...placeOptions, ...editOptions, ...platformOptions]);
  assert.equal(changeRules.length, 2);
});

test('every verb that prints the digest of what it makes says when, by whom and why, or why it cannot', async () => {
  const making = [
    'append',
    'attach',
    'build',
    'commit',
    'config',
    'convert',
    'copy',
    'drop',
    'fix',
    'import',
    'index',
    'rebase',
    'squash',
    'strip',
  ];
  for (const command of commands) {
    const own = optionsOf(command).map(({ name }) => name);
    const isMaking = own.includes('dry-run') && /\b(layout|manifest)\b/.test(`${command.library?.[1]}`);
    assert.ok(!isMaking || making.includes(command.name), command.name);
    if (!making.includes(command.name) || command.name === 'build') continue;
    for (const option of editOptions) {
      const why = command.elsewhere?.[option.name];
      const isThere = own.includes(option.name);
      assert.ok(isThere !== (why !== undefined), `${command.name} --${option.name}`);
      if (why === undefined) continue;
      const { status, err } = await runCommand([command.name, 'x', 'y', 'z', `--${option.name}`, 'v']);
      assert.deepEqual(
        [status, err],
        [2, `ocikit: ${command.name}: expected one of its options, got '--${option.name}' (${why})\n`],
      );
    }
  }
});

test('a change prints the digest of its result, or all of it as JSON', () => {
  const said: (string | Uint8Array)[] = [];
  const to: Io = { ...io, stdout: text => said.push(text), stderr: text => said.push(text) };
  const result = { manifest: 'sha256:1' as const, name: 'v1', isChanged: false, images: [], warnings: ['odd'] };
  printChange(to, new Words(new Map()), result);
  printChange(
    to,
    new Words(
      new Map([
        ['quiet', true],
        ['json', true],
      ]),
    ),
    result,
  );
  assert.deepEqual(said.slice(0, 3), ['ocikit: warning: odd\n', 'ocikit: nothing to change\n', 'sha256:1\n']);
  assert.deepEqual(JSON.parse(String(said[3])), result);
});

test('where nothing changes, what is made all the same is said', () => {
  const result = { manifest: 'sha256:1' as const, name: 'v1', isChanged: false, images: [], warnings: [] };
  const saidOf = (entries: readonly (readonly [string, string | boolean])[]): string[] => {
    const said: string[] = [];
    printChange(
      { ...io, stdout: () => undefined, stderr: text => said.push(text) },
      new Words(new Map(entries)),
      result,
    );
    return said;
  };
  assert.deepEqual(saidOf([]), ['ocikit: nothing to change\n']);
  assert.deepEqual(saidOf([['tag', 'v1']]), ['ocikit: nothing to change: v1 is the image as it was\n']);
  assert.deepEqual(saidOf([['output', 'out:v1']]), ['ocikit: nothing to change: out:v1 is the image as it was\n']);
  const dry = saidOf([
    ['tag', 'v1'],
    ['dry-run', true],
  ]);
  assert.deepEqual(dry, ['ocikit: nothing to change\n']);
});
