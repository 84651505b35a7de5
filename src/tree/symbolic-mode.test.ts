import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OciError, usage } from '../errors.ts';
import { dockerfileTable, forAll } from '../testing/dockerfile-corpus.ts';
import { parseModeChange } from './symbolic-mode.ts';

const fail = (message: string): OciError => usage('mode', message);
const changed = (text: string, mode: number, isDirectory = false): string =>
  parseModeChange(text, fail)(mode, isDirectory).toString(8);

test('an octal mode is the mode, a symbolic one changes what there is', () => {
  for (const [text, before, after] of [
    ['0644', 0o755, '644'],
    ['u=rwX,go=rX', 0o600, '644'],
    ['u=rwX,go=rX', 0o700, '755'],
    ['a+x', 0o644, '755'],
    ['g=u,o-rwx', 0o754, '770'],
    ['u+s,+t', 0o755, '5755'],
    ['go-w', 0o666, '644'],
    ['u+r-w', 0o200, '400'],
  ] as const)
    assert.equal(changed(text, before), after, text);
  assert.equal(changed('a-x,a+X', 0o644, true), '755');
});

test('what is no mode is refused', () => {
  for (const text of ['', '8', '10000', '64a', 'u', 'u+r,', 'z+x', 'u?x'])
    assert.throws(() => parseModeChange(text, fail), OciError, text);
});

test('what BuildKit refuses is refused', t => {
  // The table keeps the text only where it is refused: elsewhere `mode` is what came out.
  const rows = dockerfileTable<{ readonly mode: string; readonly error?: string }>(t, 'chmod') ?? [];
  const refused = rows.filter(({ error }) => error !== undefined);
  forAll(t, refused, ({ mode }) => void assert.throws(() => changed(mode, 0o644), OciError));
});
