import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawHeader } from './tar-header.ts';
import type { TarMember } from './tar-member.ts';
import { TarOddities } from './tar-oddities.ts';

/** What is said of a file with a PAX name after headers of such types. */
function saidAfter(types: readonly string[]): readonly string[] {
  const said: string[] = [];
  const oddities = new TarOddities(({ code }) => void said.push(code));
  for (const typeflag of [...types, '0']) oddities.header({ typeflag, size: 0, name: 'file' } as RawHeader, 0);
  const records = new Map([['path', 'file']]);
  const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() };
  oddities.member({ type: 'file', path: 'file', size: 0, offset: 0, records, ...meta } as unknown as TarMember);
  return said;
}

test('a name in GNU’s form is told beside one of PAX where both are of one member', () => {
  assert.deepEqual(saidAfter(['L', 'x']), ['tar-name-twice']);
  assert.deepEqual(saidAfter(['x', 'L']), ['tar-name-twice']);
  assert.deepEqual(saidAfter(['L', 'V', 'x']), [], 'a volume label took it');
  assert.deepEqual(saidAfter(['L', '0', 'x']), []);
  assert.deepEqual(saidAfter(['x']), []);
});
