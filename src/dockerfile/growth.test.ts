import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OciError } from '../errors.ts';
import { isLinear } from '../testing/work.ts';
import { applyChanges } from './change.ts';

/** Lines that are hostile by their length. */
const lines: readonly (readonly [string, (size: number) => string])[] = [
  ['escapes', size => `ENV A=${'\\ '.repeat(size)}`],
  ['pairs', size => `LABEL ${'a=b '.repeat(size)}`],
  ['quotes', size => `ENV A=${'"a"'.repeat(size)}`],
  ['no instruction', size => 'a'.repeat(8 * size)],
  ['brackets', size => `CMD [${'['.repeat(size)}`],
  ['flags', size => `HEALTHCHECK ${'--interval '.repeat(size)} CMD a`],
  ['flags with values', size => `HEALTHCHECK ${'--interval=1s '.repeat(size)} CMD a`],
  ['white space', size => ` ${' '.repeat(8 * size)}\\`],
  ['variables', size => `EXPOSE ${'$A '.repeat(size)}`],
  ['continuations', size => `ENV A=${'a\\\n'.repeat(size)}`],
  ['patterns', size => `ENV A=${'a'.repeat(size)}\nENV B=\${A//${'a'.repeat(50)}b/c}`],
  ['lines', size => 'ENV A=$A\n'.repeat(size)],
];

for (const [name, line] of lines) {
  test(`a long line takes work that grows with its length: ${name}`, () =>
    isLinear(size => {
      try {
        applyChanges({}, [line(size)]);
      } catch (error) {
        assert.ok(error instanceof OciError, String(error));
      }
    }, 1000));
}
