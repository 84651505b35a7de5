import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exponentText, fixedText, numberText, shortText } from './decimal.ts';
import { escapeLine, escapeText } from './escape.ts';
import { goJsonLine, jsonText } from './json-text.ts';
import { progressLine } from './progress.ts';
import { tableText } from './table.ts';
import { ageOf, humanDuration, humanSize, parseTime, rfc3339 } from './units.ts';
import { displayWidth, ellipsis } from './width.ts';
import { goTime, localTime } from './zoned-time.ts';

test("sizes are docker's, quirks included", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0B'],
    [8, '8B'],
    [999, '999B'],
    [1000, '1kB'],
    [1125, '1.12kB'],
    [1234, '1.23kB'],
    [100_000, '100kB'],
    [999_500, '1e+03kB'],
    [2_974_450, '2.97MB'],
    [7_740_000, '7.74MB'],
    [1e9, '1GB'],
    [Number.MAX_SAFE_INTEGER, '9.01PB'],
  ];
  for (const [bytes, text] of cases) assert.equal(humanSize(bytes), text, String(bytes));
});

test('durations are worded as go-units words them', () => {
  const [second, minute, hour] = [1000, 60_000, 3_600_000];
  const day = 24 * hour;
  const cases: readonly (readonly [number, string])[] = [
    [-5 * second, 'Less than a second'],
    [450, 'Less than a second'],
    [1 * second, '1 second'],
    [59 * second, '59 seconds'],
    [60 * second, 'About a minute'],
    [119 * second, 'About a minute'],
    [3 * minute, '3 minutes'],
    [59 * minute + 59 * second, '59 minutes'],
    [1 * hour, 'About an hour'],
    [89 * minute, 'About an hour'],
    [90 * minute, '2 hours'],
    [47 * hour, '47 hours'],
    [48 * hour, '2 days'],
    [13 * day, '13 days'],
    [14 * day, '2 weeks'],
    [59 * day, '8 weeks'],
    [60 * day, '2 months'],
    [729 * day, '24 months'],
    [730 * day, '2 years'],
    [20_000 * day, '54 years'],
  ];
  for (const [duration, text] of cases) assert.equal(humanDuration(duration), text, String(duration));
  assert.equal(ageOf(0, 5 * minute), '5 minutes ago');
});

test('times are read from RFC 3339 and written as Go writes them', () => {
  const time = parseTime('2026-11-21T03:18:12.987654321+01:00');
  assert.equal(time === undefined ? '' : goTime(time, 'UTC'), '2026-11-21 02:18:12 +0000 UTC');
  assert.equal(rfc3339(time ?? 0), '2026-11-21T02:18:12Z');
  assert.equal(rfc3339(0), '1970-01-01T00:00:00Z');
  for (const wrong of ['', 'yesterday', '2026-11-21', '2026-13-41T00:00:00Z', '1', null])
    assert.equal(parseTime(wrong), undefined);
});

test('numbers are rounded exactly, ties to even, as Go rounds them', () => {
  assert.deepEqual(
    [0.125, 0.375, 2.5, 0.05, 0.006, 1e21].map(value => fixedText(value, 2)),
    ['0.12', '0.38', '2.50', '0.05', '0.01', '1000000000000000000000.00'],
  );
  assert.deepEqual(
    [0.5, 1.5, 2.5, -0.5].map(value => fixedText(value, 0)),
    ['0', '2', '2', '-0'],
  );
  assert.deepEqual(
    [0, 9.995, 1234.5].map(value => exponentText(value, 2)),
    ['0.00e+00', '9.99e+00', '1.23e+03'],
  );
  assert.deepEqual(
    [0.0001, 0.00001, 123456789].map(value => shortText(value, 6)),
    ['0.0001', '1e-05', '1.23457e+08'],
  );
  assert.deepEqual([1e20, 1e21, 0.1, -3, 1e-7].map(numberText), [
    '100000000000000000000',
    '1e+21',
    '0.1',
    '-3',
    '1e-07',
  ]);
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
      fc.nat(6),
      (value, digits) => {
        assert.ok(Math.abs(Number(fixedText(value, digits)) - value) <= 0.5 * 10 ** -digits + Math.abs(value) * 1e-15);
        assert.equal(Number(numberText(value)), value);
      },
    ),
  );
});

test('tables are aligned as tabwriter aligns them', () => {
  const rows = [
    ['IMAGE', 'SIZE', 'COMMENT'],
    ['1f0d7c1c4c3a', '3B', ''],
    ['漢字漢字漢字', '12.3MB', 'x'],
  ];
  assert.equal(
    tableText(rows),
    'IMAGE          SIZE      COMMENT\n1f0d7c1c4c3a   3B        \n漢字漢字漢字   12.3MB    x\n',
  );
  assert.equal(tableText([['A', 'B']]), 'A         B\n');
});

test('width counts columns, and what is cut says so within them', () => {
  assert.deepEqual(
    ['', 'abc', '漢字', 'e\u0301', '\u200d', '🚀', '한글', 'é'].map(displayWidth),
    [0, 3, 4, 1, 0, 2, 4, 1],
  );
  assert.equal(ellipsis('x'.repeat(45), 45), 'x'.repeat(45));
  assert.equal(ellipsis('x'.repeat(46), 45), `${'x'.repeat(44)}…`);
  assert.equal(ellipsis('漢'.repeat(30), 45), `${'漢'.repeat(22)}…`);
});

test('nothing that a terminal acts on gets through, as text or as JSON', () => {
  const hostile = '\x1b[31m\x07\x7f\x9b1m\u202eabc\u2066\r\n\t\u200f';
  assert.equal(escapeLine(hostile), '\\x1b[31m\\x07\\x7f\\x9b1m\\u202eabc\\u2066\\r\\n\\t\\u200f');
  assert.equal(escapeText('a\n\tb\x1b'), 'a\n\tb\\x1b');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), text => {
      const acts = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
      assert.doesNotMatch(escapeLine(text), acts);
      assert.doesNotMatch(jsonText({ [text]: text }), acts);
      assert.deepEqual(JSON.parse(jsonText([text])), [text]);
    }),
  );
  assert.equal(goJsonLine({ b: '<&>', a: 'x' }), '{"a":"x","b":"\\u003c\\u0026\\u003e"}');
});

test('progress says bytes and rate', () => {
  assert.equal(progressLine({ bytes: 1_230_000_000 }, 3000), '1.23GB  410MB/s');
});

test('times are those of a time zone, named as Go names it', () => {
  const [winter, summer] = [Date.UTC(2026, 0, 15, 12, 30, 5), Date.UTC(2026, 6, 15, 23, 30, 5)];
  const cases: readonly (readonly [string, string, string])[] = [
    ['UTC', '2026-01-15 12:30:05 +0000 UTC', '2026-07-15T23:30:05Z'],
    ['Europe/Berlin', '2026-01-15 13:30:05 +0100 CET', '2026-07-16T01:30:05+02:00'],
    ['America/New_York', '2026-01-15 07:30:05 -0500 EST', '2026-07-15T19:30:05-04:00'],
    ['Asia/Kolkata', '2026-01-15 18:00:05 +0530 IST', '2026-07-16T05:00:05+05:30'],
    ['America/Sao_Paulo', '2026-01-15 09:30:05 -0300 -03', '2026-07-15T20:30:05-03:00'],
  ];
  for (const [zone, go, local] of cases) {
    assert.equal(goTime(winter, zone), go);
    assert.equal(localTime(summer, zone), local);
  }
  assert.match(goTime(winter, 'No/Such_Place'), /^2026-01-1\d \d\d:\d\d:05 [+-]\d{4} \S+$/);
});
