import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from '../testing/fixtures.ts';
import { type Purl, printPurl } from './purl.ts';

interface PurlTest {
  readonly test_type: string;
  readonly test_group: string;
  readonly input: Record<keyof Purl, never>;
  readonly expected_output: string;
  readonly expected_failure: boolean;
  readonly description: string;
}

test("package URLs are built as the project's own tests say", t => {
  const folder = fixture(t, 'insight/purl');
  if (folder === undefined) return;
  const files = readdirSync(folder).filter(file => file.endsWith('-test.json'));
  const tests = files.flatMap(file => JSON.parse(readFileSync(join(folder, file), 'utf8')).tests as PurlTest[]);
  const builds = tests.filter(one => one.test_type === 'build' && !one.expected_failure);
  assert.ok(builds.length > 40);
  for (const { input, expected_output: expected, description } of builds) {
    const present = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
    assert.equal(printPurl(present as unknown as Purl), expected, description);
  }
});
