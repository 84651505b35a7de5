import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { fixture } from '../testing/fixtures.ts';
import { compareApk, compareDeb, compareRpmPart, compareVersions } from './versions.ts';

const sign = (order: number): string => (order < 0 ? '<' : order > 0 ? '>' : '==');

function holds(compare: (one: string, other: string) => number, rows: readonly string[]): void {
  for (const row of rows) {
    const [one = '', expected, other = ''] = row.trim().split(/\s+/);
    assert.equal(sign(compare(one, other)), expected, row);
    assert.equal(sign(compare(other, one)), sign(-compare(one, other)), `${row}, the other way`);
  }
}

test("rpm's own table of versions holds", t => {
  const table = fixture(t, 'insight/versions/rpmvercmp.txt');
  if (table === undefined) return;
  const rows = readFileSync(table, 'utf8')
    .split('\n')
    .filter(row => row !== '' && !row.startsWith('#'));
  holds(compareRpmPart, rows);
});

test("dpkg's order has epochs, revisions, tildes before the end and letters before signs", () => {
  holds(compareDeb, [
    '1.0 == 1.0-0',
    '1:1.0 > 2.0',
    '1.0~rc1 < 1.0',
    '1.0~~ < 1.0~',
    '1.0-1 < 1.0-1+b1',
    '1.0a < 1.0+',
    '1.10 > 1.9',
    '2.36-9+deb12u4 > 2.36-9+deb12u3',
    '0:1 == 1',
    '1.2-3-4 > 1.2-3-3',
    '7.6p2-4 > 7.6-0',
  ]);
});

test("apk's order has suffixes before and after a release", () => {
  holds(compareApk, [
    '1.2.3-r0 < 1.2.3-r1',
    '1.0_alpha < 1.0_beta',
    '1.0_rc2 < 1.0',
    '1.0_p1 > 1.0',
    '1.0a < 1.0b',
    '1.10 > 1.9',
    '1.2 < 1.2.0',
    '1.2.3_git20240101-r0 > 1.2.3-r0',
  ]);
});

test("apk's order compares numbers with a leading zero as texts, and counts, hashes and revisions where they stand", () => {
  // What apk 3.0.6 says.
  holds(compareApk, [
    '9~0af-r2 > 9-r10',
    '3.010~12 > 3.01.9.0a_beta2_beta~0af-r1',
    '2.012_svn01_pre01-r2 < 2.0120~12',
    '1.010.0120 > 1.01.3-r1',
    '00.0.012 < 0.00b_git',
    '0120_rc_hg2~0af > 0120_rc01_pre1-r1',
    '010.01.01.10_cvs_pre < 010.010.0~0af-r1',
    '1.0_p > 1.0',
    '1.0_pre < 1.0~0af',
    '1.0a > 1.0_p1',
    '1.0-r0 == 1.0-r00',
  ]);
});

test("apk's order of each part of a version is that of apk itself", () => {
  // What apk 3.0.6 says.
  holds(compareApk, [
    '1 < 1.0',
    '1.0 < 1.00',
    '1.10 > 1.9',
    '1.010 < 1.1',
    '1.01 < 1.1',
    '1.09 < 1.10',
    '01 == 1',
    '9007199254740993 > 9007199254740992',
    '1.0a > 1.0',
    '1.0a < 1.0.1',
    '1.0z < 1.1',
    '1.0_alpha < 1.0_beta',
    '1.0_beta < 1.0_pre',
    '1.0_pre < 1.0_rc',
    '1.0_rc < 1.0',
    '1.0 < 1.0_cvs',
    '1.0_cvs < 1.0_svn',
    '1.0_svn < 1.0_git',
    '1.0_git < 1.0_hg',
    '1.0_hg < 1.0_p',
    '1.0_rc < 1.0_rc0',
    '1.0_rc01 == 1.0_rc1',
    '1.0_rc10 > 1.0_rc9',
    '1.0_p1_rc1 < 1.0_p1',
    '1.0_p1_p1 > 1.0_p1',
    '1.0_git20240101 < 1.0_git20240102',
    '1.0~0af > 1.0',
    '1.0~0af < 1.0~0b',
    '1.0~0af > 1.0-r9',
    '1.0_rc1~0af < 1.0',
    '1.0-r0 > 1.0',
    '1.0-r00 == 1.0-r0',
    '1.0-r10 > 1.0-r9',
    '1.0_rc1-r9 < 1.0-r0',
  ]);
});

test('versions that apk has no form for are in the order of what has it, before what ends there', () => {
  // As apk 3.0.6 takes them where it has to: it refuses to be asked.
  holds(compareApk, [
    '1.0_foo < 1.0',
    '1.0_foo > 0.9',
    '23_foo > 4_beta',
    '1.10-1 > 1.9-1',
    '1.0bc > 1.0',
    '1.0~AF < 1.0',
    '1.0-r < 1.0-r0',
    'foo < 0',
  ]);
  // It takes these for the same.
  holds(compareApk, ['1.0_bar < 1.0_foo', 'bar < foo']);
});

test("languages' packages are in the order of their numbers, and what comes before a release is older", () => {
  holds(
    (one, other) => compareVersions('npm', one, other),
    ['1.10.0 > 1.9.9', '1.0.0-rc.1 < 1.0.0', 'v1.2.3 == 1.2.3', '1.0.0+build == 1.0.0', '1.0 == 1.0.0'],
  );
});

/** Pairs of versions of these pieces, always the same ones. */
function pairsOf(pieces: readonly string[], count: number): readonly (readonly [string, string])[] {
  const version = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 7 }).map(parts => parts.join(''));
  return fc.sample(fc.tuple(version, version), { seed: 1, numRuns: count });
}

test("dpkg's own comparison of many versions is the same", t => {
  const pieces = ['0', '1', '9', '10', '01', 'a', 'Z', 'rc', '~', '~~', '+', '.', '1.', '-1', '+b1', '~rc1'];
  const pairs = pairsOf(pieces, 150).map(([one, other], at) => [`${at % 3}:1${one}`, `${at % 2}:1${other}`] as const);
  const order =
    'dpkg --compare-versions "$1" lt "$2" && echo "<" || { dpkg --compare-versions "$1" eq "$2" && echo == || echo ">"; }';
  const script = `while [ $# -gt 0 ]; do ${order}; shift 2; done`;
  if (spawnSync('dpkg', ['--version']).status !== 0) return t.skip('there is no dpkg here');
  const { stdout } = spawnSync('sh', ['-c', script, 'sh', ...pairs.flat()], { encoding: 'utf8' });
  const signs = stdout.trim().split('\n');
  assert.equal(signs.length, pairs.length);
  holds(
    compareDeb,
    pairs.map(([one, other], at) => `${one} ${signs[at]} ${other}`),
  );
});

test("rpm's own comparison of many versions is the same", t => {
  const pairs = pairsOf(
    ['0', '1', '9', '10', '01', 'a', 'Z', 'rc', '~', '^', '+', '.', '_', '1a', '^git', '~rc'],
    1000,
  );
  const calls = pairs.map(([one, other]) => `print(rpm.vercmp('${one}', '${other}') .. ' ')`).join(' ');
  const { status, stdout } = spawnSync('rpm', ['--eval', `%{lua:${calls}}`], { encoding: 'utf8' });
  if (status !== 0) return t.skip('there is no rpm here');
  const signs = stdout
    .trim()
    .split(' ')
    .map(order => sign(Number(order)));
  assert.equal(signs.length, pairs.length);
  holds(
    compareRpmPart,
    pairs.map(([one, other], at) => `${one} ${signs[at]} ${other}`),
  );
});
