import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBuildRun } from './build-run-options.ts';
import type { Io } from './io.ts';
import { Words } from './words.ts';

test("what is kept between builds is in the user's cache directory, which an absolute path says, and nowhere without one", () => {
  const kept = (env: Io['env']): string | undefined => readBuildRun(new Words(new Map()), { env } as Io).contextCache;
  assert.equal(kept({ XDG_CACHE_HOME: '/caches', HOME: '/home/ann' }), '/caches/ocikit/contexts');
  assert.equal(kept({ HOME: '/home/ann' }), '/home/ann/.cache/ocikit/contexts');
  for (const caches of ['', 'caches', './caches', '~/caches'])
    assert.equal(kept({ XDG_CACHE_HOME: caches, HOME: '/home/ann' }), '/home/ann/.cache/ocikit/contexts', caches);
  for (const home of [undefined, '', 'ann', '.'])
    assert.equal(kept({ XDG_CACHE_HOME: 'caches', HOME: home }), undefined);
});
