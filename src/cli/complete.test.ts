import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../testing/command-line.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commands } from './commands.ts';
import { complete } from './complete.ts';
import { completionScript, shells } from './completion-script.ts';
import { optionsOf } from './options-of.ts';

const names: Readonly<Record<string, readonly string[]>> = {
  img: ['app', 'base', 'ghcr.io/o/app:v1'],
  'a b': ['x'],
  'oci:img': ['ghcr.io/o/app:v1'],
};
const namesOf = async (place: string): Promise<readonly string[]> => names[place] ?? [];

async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const { values, otherwise } = await complete(words, commands, namesOf);
  return [...values.map(([value]) => value), `:${otherwise}`];
}

test('the first word is a verb, docker’s management words included', async () => {
  assert.deepEqual(await offered('hist'), ['history', ':nothing']);
  assert.deepEqual(await offered('com'), ['commit', 'completion', ':nothing']);
  assert.deepEqual(await offered('image', 'l'), ['ls', 'list', 'load', ':nothing']);
  assert.deepEqual(await offered('help', 'di'), ['diff', ':nothing']);
  const all = await offered('');
  for (const { name } of commands) assert.ok(all.includes(name), name);
});

test('an option is one of that verb, and not twice unless it may be repeated', async () => {
  for (const command of commands) {
    const flags = await offered(command.name, '--');
    for (const { name } of optionsOf(command)) assert.ok(flags.includes(`--${name}`), `${command.name} --${name}`);
  }
  assert.deepEqual(await offered('commit', '--sq'), ['--squash', ':nothing']);
  assert.deepEqual(await offered('commit', '--squash', '--sq'), [':nothing']);
  assert.deepEqual(await offered('commit', '--annotation', 'a=b', '--anno'), ['--annotation', ':nothing']);
  assert.deepEqual(await offered('image', 'ls', '--dig'), ['--digests', ':nothing']);
});

test('a value is one of its choices, or what its option takes', async () => {
  assert.deepEqual(await offered('commit', '--compression', ''), ['gzip', 'zstd', 'none', ':nothing']);
  assert.deepEqual(await offered('commit', '--compression=z'), ['--compression=zstd', ':nothing']);
  assert.deepEqual(await offered('save', 'img:app', '-o', ''), [':files']);
  assert.deepEqual(await offered('commit', 'r', 'i', '--base', 'img:b'), ['img:base', ':files']);
  assert.deepEqual(await offered('commit', '-m', ''), [':nothing']);
  assert.deepEqual(await offered('completion', ''), ['bash', 'zsh', 'fish', ':nothing']);
  assert.ok((await offered('copy', '--platform', 'linux/arm')).includes('linux/arm64'));
});

test('an operand is a file, a directory or an image by its name', async () => {
  assert.deepEqual(await offered('history', ''), [':files']);
  assert.deepEqual(await offered('history', 'img:'), ['img:app', 'img:base', 'img:ghcr.io/o/app:v1', ':files']);
  assert.deepEqual(await offered('history', 'oci:img:ghcr.io/o/app:'), ['oci:img:ghcr.io/o/app:v1', ':files']);
  assert.deepEqual(await offered('history', '"a b":'), ['"a b":x', ':files']);
  assert.deepEqual(await offered('history', 'a\\ b:'), ['a\\ b:x', ':files']);
  assert.deepEqual(await offered('diff', '--ignore', 'mtime', 'img:app', 'img:b'), ['img:base', ':files']);
  assert.deepEqual(await offered('unpack', 'img:app', ''), [':directories']);
  assert.deepEqual(await offered('history', 'img:app', ''), [':nothing']);
  assert.deepEqual(await offered('history', '--', 'img:b'), ['img:base', ':files']);
});

test('no name that a shell would read is offered, whatever takes it and however much of it is typed', async () => {
  const hostile = [...' \t\n\r\x1b\0!"#$%&\'()*,;<=>?[\\]^`{|}~é\u2028'].flatMap(character => [
    `v${character}`,
    `${character}v`,
    `v${character}w`,
  ]);
  const evil = async (): Promise<readonly string[]> => [...hostile, 'v1'];
  const starts = ['e:', 'e:v', 'e:$', "e:v'"];
  for (const command of commands) {
    const before = [
      [],
      ...[...optionsOf(command)].filter(({ kind }) => kind !== 'flag').map(({ name }) => [`--${name}`]),
      ...command.positionals.map((_, at) => command.positionals.slice(0, at).map(() => 'x')),
    ];
    for (const words of before)
      for (const typed of starts) {
        const { values } = await complete([command.name, ...words, typed], commands, evil);
        const of = `${[command.name, ...words].join(' ')} ${JSON.stringify(typed)}`;
        for (const [value] of values) assert.match(value, /^[\w.:@+/-]+$/, of);
      }
  }
  const { values } = await complete(['history', '--platform', 'linux/amd64', 'e:'], commands, evil);
  assert.deepEqual(values, [['e:v1', '']]);
});

test('the shells’ question is answered from the layout itself, and never with an error', async t => {
  const { layout, directory } = await preparePlace(temporaryDirectory(t));
  const { out } = await runCommand(['__complete', 'history', `${layout}:`]);
  assert.equal(out, `${layout}:app\n${layout}:base\n${layout}:multi\n:files\n`);
  const home = await runCommand(['__complete', 'history', '~/img:b'], { env: { HOME: directory } });
  assert.equal(home.out, '~/img:base\n:files\n');
  mkdirSync(join(directory, 'broken'));
  writeFileSync(join(directory, 'broken/index.json'), '{');
  for (const words of [
    ['history', `${directory}/broken:`],
    [],
    ['nonsense', ''],
    ['image', 'nonsense', ''],
    ['rmi', ''],
  ]) {
    const { status, err } = await runCommand(['__complete', ...words]);
    assert.deepEqual([status, err], [0, ''], words.join(' '));
  }
  for (const shell of shells) assert.match(completionScript(shell), /__complete/);
});
