import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../testing/command-line.ts';
import { wordsOf } from '../testing/newcomer.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commands } from './commands.ts';
import type { Io } from './io.ts';
import { parseArguments } from './parser.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Texts that people read: messages, hints, remedies and comments of the sources, and what is written by hand. */
const texts = [
  ...readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(name => /(?<!\.test|\.interop)\.ts$/.test(name) && !name.startsWith('testing/'))
    .map(name => `src/${name}`),
  'README.md',
  ...['performance', 'reliability'].map(page => `docs/${page}.md`),
];

/** What is no line of a verb's: a form, or a name of something else. */
const isForm = (line: string): boolean =>
  /[[\]…]|\$\{|^ocikit (help|__complete|VERB|stat index)\b/.test(line) || line === 'ocikit';

const lines = new Map(
  texts.flatMap(file =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/`(ocikit\s[^`\\]*)\\?`/g)].map(
      ([, line = '']) => [line.replace(/\s+/g, ' ').trim(), file] as const,
    ),
  ),
);

/** What a line leaves to who reads it: values of its last option, and operands. */
const values = [[], ['gzip'], ['linux/amd64'], ['a/b']];
const operands = [[], ['img:app'], ['img:app', 'img:base']];

/** Whether ocikit takes a line, with whatever operands it leaves out; else what it says. */
async function faultOf(line: string): Promise<string | undefined> {
  const io = { env: {}, columns: 0 } as Io;
  const faults: string[] = [];
  for (const value of values)
    for (const operand of operands)
      try {
        const parsed = await parseArguments([...wordsOf(line).slice(1), ...value, ...operand], commands, io);
        if (parsed.kind !== 'command') continue;
        const { command, words } = parsed;
        const other = command.positionals.find(({ name, choices }) => choices?.includes(words.word(name)) === false);
        if (other === undefined) return undefined;
        faults.push(`${line}: no ${other.name} of ${command.name}`);
      } catch (error) {
        faults.push((error as Error).message);
      }
  return faults.at(-1);
}

test('every command line that a message, a remedy or a page names is one that ocikit takes', async () => {
  const named = [...lines].filter(([line]) => !isForm(line));
  assert.ok(named.length > 40, `${named.length}`);
  for (const [line, file] of named) assert.equal(await faultOf(line), undefined, `${file}: ${line}`);
});

test('what a remedy sets or unsets is something that config knows', async t => {
  const { operands: of } = await preparePlace(temporaryDirectory(t));
  const named = [...lines.keys()].filter(line => /^ocikit config .*(--unset|-c|--set) /.test(line) && !isForm(line));
  assert.ok(named.length > 4, `${named.length}`);
  for (const line of named) {
    const [, verb = '', ...rest] = wordsOf(line);
    const { status, err } = await runCommand([verb, of('image').source, ...rest, '--dry-run']);
    assert.equal(status, 0, `${line}: ${err}`);
  }
});
