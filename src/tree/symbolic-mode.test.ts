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

test('permissions of others are copied to those that are meant, whose special bits stay', () => {
  for (const [text, before, after] of [
    ['g=u', 0o2750, '2770'],
    ['ugo=u', 0o600, '666'],
    ['=u', 0o111, '111'],
    ['ug=o', 0o2754, '2444'],
    ['go=u-w', 0o740, '755'],
    ['u=g', 0o4750, '4550'],
    ['u=rwX,g=u,o=', 0o2664, '2660'],
    // What says `t` of nobody says all of it of the sticky bit.
    ['+wt', 0o111, '1111'],
    ['-st', 0o3750, '2750'],
    ['a+wt', 0o111, '1333'],
  ] as const)
    assert.equal(changed(text, before), after, text);
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
