import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commands } from '../commands.ts';
import type { Io } from '../io.ts';
import { optionsOf } from '../options-of.ts';
import { parseArguments } from '../parser.ts';
import { habits } from './coming-from.ts';
import { manualFiles } from './files.ts';
import { shapeSources } from './sources.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const made = manualFiles(shapeSources.map(file => readFileSync(join(root, file), 'utf8')));

test('docs/ and the manual pages are those of the table of verbs', () => {
  for (const [path, text] of made) {
    const file = join(root, path);
    assert.ok(existsSync(file), `${path} is missing: npm run docs makes it`);
    assert.equal(readFileSync(file, 'utf8'), text, `${path} is not current: npm run docs makes it`);
  }
  const pages = readdirSync(join(root, 'docs/man')).map(name => `docs/man/${name}`);
  assert.deepEqual(pages.sort(), [...made.keys()].filter(path => path.endsWith('.1')).sort());
});

test('the package installs every manual page', () => {
  const { man, files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string[]>;
  assert.deepEqual(
    man?.map(path => path.replace('./', '')).sort(),
    [...made.keys()].filter(path => path.endsWith('.1')).sort(),
  );
  assert.ok(files?.includes('docs/man'));
});

test('a page names every option of its verb, what its status means and what its JSON is', () => {
  for (const command of commands) {
    const page = (made.get(`docs/${command.name}.md`) ?? '').replaceAll('\\_', '_');
    for (const { name, default: fallback, range } of optionsOf(command)) {
      assert.match(page, new RegExp(`--${name}\\b`), command.name);
      for (const text of [fallback, range])
        assert.ok(text === undefined || page.includes(text), `${command.name} ${text}`);
    }
    for (const [line] of command.examples) assert.ok(page.includes(line), line);
    for (const field of command.fields ?? []) assert.ok(page.includes(`.${field}\``), field);
    if (command.no !== undefined) assert.ok(page.includes('- `1` — '), command.name);
    const type = command.library?.[1].replace('[]', '').replace('object', '') ?? '';
    assert.ok(
      page.includes(`interface ${type}`) || page.includes(`type ${type}`) || type === '',
      `${command.name} ${type}`,
    );
  }
});

test('what people of another tool are told to type here is a line that ocikit takes, and every verb is among it', async () => {
  const verbs = new Set(['completion']);
  const io = { env: {}, columns: 0 } as Io;
  for (const [, ours] of Object.values(habits).flat()) {
    const words = [...ours.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
    if (words[0] !== 'ocikit') continue;
    const parsed = await parseArguments(words.slice(1), commands, io);
    assert.equal(parsed.kind, 'command', ours);
    if (parsed.kind === 'command') verbs.add(parsed.command.name);
  }
  assert.deepEqual([...verbs].sort(), commands.map(({ name }) => name).sort());
});

test('man and mandoc have nothing to say against the manual pages', t => {
  if (spawnSync('mandoc', ['--help']).error !== undefined) return t.skip('not installed here: mandoc');
  for (const path of made.keys()) {
    if (!path.endsWith('.1')) continue;
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', join(root, path)], { encoding: 'utf8' });
    const complaints = stdout.split('\n').filter(line => line !== '' && !/missing date|outdated mandoc/.test(line));
    assert.deepEqual(complaints, [], path);
  }
});
