import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../testing/command-line.ts';
import { commands } from './commands.ts';
import { optionText } from './option-text.ts';
import { optionsOf } from './options-of.ts';

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

test('help of a verb says of every option its choices, its range and its default, and all that the manual says of the verb', async () => {
  for (const command of commands) {
    const { out, status } = await runCommand(['help', command.name]);
    assert.equal(status, 0);
    const help = oneLine(out);
    for (const option of optionsOf(command)) {
      const form = option.value ?? option.choices?.join('|');
      const said = `--${option.name} ${form === undefined ? '' : `${form}: `}${optionText(option)}`;
      // A flag that is on has a mark of its own.
      assert.ok(help.includes(oneLine(said)), `${command.name}: ${said}`);
    }
    for (const detail of command.details ?? []) assert.ok(help.includes(oneLine(detail)), `${command.name}: ${detail}`);
    assert.ok(!help.includes('[default: []]'), command.name);
  }
});

test('every option that takes one value says what counts where it is not given', () => {
  for (const command of commands)
    for (const { name, kind, default: fallback } of optionsOf(command))
      assert.ok(kind !== 'text' || (fallback ?? '') !== '', `${command.name} --${name}`);
});
