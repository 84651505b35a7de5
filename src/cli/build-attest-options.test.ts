import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBuildAttest } from './build-attest-options.ts';
import type { Words } from './words.ts';

const wordsOf = (said: Readonly<Record<string, string | readonly string[]>>): Words =>
  ({
    text: (name: string) => said[name],
    texts: (name: string) => said[name] ?? [],
  }) as unknown as Words;

test("buildx's forms of provenance and bills of materials say the same here", () => {
  const forms: readonly (readonly [Parameters<typeof wordsOf>[0], object])[] = [
    [{}, {}],
    [{ provenance: 'true' }, { provenance: 'min' }],
    [{ provenance: 'mode=max' }, { provenance: 'max' }],
    [{ provenance: 'max' }, { provenance: 'max' }],
    [{ provenance: 'mode=min,version=v1' }, { provenance: 'min' }],
    [{ provenance: 'false', sbom: 'true' }, { sbom: true }],
    [{ attest: ['type=sbom', 'type=provenance,mode=max'] }, { provenance: 'max', sbom: true }],
    [{ attest: ['type=provenance,disabled=true'] }, {}],
  ];
  for (const [said, expected] of forms)
    assert.deepEqual(readBuildAttest(wordsOf(said)), expected, JSON.stringify(said));
  for (const twice of [
    { provenance: 'true', attest: ['type=provenance,mode=max'] },
    { sbom: 'false', attest: ['type=sbom'] },
  ])
    assert.throws(() => readBuildAttest(wordsOf(twice)), /said once/);
});

test('what is none of them is refused with what there is', () => {
  for (const provenance of ['mode=all', 'version=v0.2', 'builder-id=x', ''])
    assert.throws(() => readBuildAttest(wordsOf({ provenance })), /mode=min, mode=max, true or false/);
  assert.throws(() => readBuildAttest(wordsOf({ attest: ['type=sbom,generator=x'] })), /no other scanner|type=sbom/);
});
