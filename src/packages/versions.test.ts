import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
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

test("languages' packages are in the order of their numbers, and what comes before a release is older", () => {
  holds(
    (one, other) => compareVersions('npm', one, other),
    ['1.10.0 > 1.9.9', '1.0.0-rc.1 < 1.0.0', 'v1.2.3 == 1.2.3', '1.0.0+build == 1.0.0', '1.0 == 1.0.0'],
  );
});
