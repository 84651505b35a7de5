import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../finding.ts';
import { type FindingCode, finding, findingCodes } from '../finding-codes.ts';
import { engineNames } from './engine-rule.ts';
import { engineRules, engineVerdicts } from './engine-verdicts.ts';

const found = (...codes: readonly FindingCode[]): readonly Finding[] =>
  codes.map(code => finding(code, { within: 'x' }, 'x'));
const verdict = (codes: readonly FindingCode[], name: (typeof engineNames)[number], version?: string): unknown =>
  engineVerdicts(found(...codes), [version === undefined ? { name } : { name, version }])[0]?.verdict;

test('what nothing is wrong with every engine accepts', () => {
  for (const { verdict, reasons } of engineVerdicts(
    [],
    engineNames.map(name => ({ name })),
  ))
    assert.deepEqual([verdict, reasons], ['accepts', []]);
});

test('one refusal outweighs whatever else is known, and each reason says how often it is there', () => {
  const [podman] = engineVerdicts(found('tar-time-range', 'tar-duplicate-path', 'tar-time-range'), [
    { name: 'podman' },
  ]);
  assert.equal(podman?.verdict, 'refuses');
  assert.deepEqual(
    podman?.reasons.map(({ code, count }) => [code, count]),
    [
      ['tar-time-range', 2],
      ['tar-duplicate-path', 1],
    ],
  );
});

test('a rule of some versions holds for these, and for an engine of no version', () => {
  assert.deepEqual(
    ['20.10', '22.9.9', '23', '23.0.1', undefined].map(version => verdict(['layer-zstd'], 'docker', version)),
    ['refuses', 'refuses', 'accepts', 'accepts', 'refuses'],
  );
  assert.deepEqual(
    ['28.5', '29.0', undefined].map(version => verdict(['tar-name-outside'], 'docker', version)),
    ['accepts', 'refuses', 'refuses'],
  );
});

test('every rule is about a code that there is, and no engine has two of one code and versions', () => {
  for (const [code, rules] of Object.entries(engineRules)) {
    assert.ok(Object.hasOwn(findingCodes, code), code);
    const keys = rules.map(({ engine, from, before }) => `${engine} ${from} ${before}`);
    assert.deepEqual(keys, [...new Set(keys)], code);
  }
});

test('an error speaks against some engine', () => {
  const silent = Object.entries(findingCodes)
    .filter(([code, { severity }]) => severity === 'error' && engineRules[code as FindingCode] === undefined)
    .map(([code]) => code);
  // Engines do not look at these: what is embedded, a text of no length or of too much, a variable without a value.
  assert.deepEqual(silent, ['data-mismatch', 'schema-minLength', 'schema-maxLength', 'env-malformed']);
});
