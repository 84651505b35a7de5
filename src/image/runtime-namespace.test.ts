import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fixture } from '../testing/fixtures.ts';
import { isolation } from './runtime-namespace.ts';

interface RuntimeMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options?: readonly string[];
}

interface RuntimeConfig {
  readonly mounts: readonly RuntimeMount[];
  readonly linux: Readonly<Record<string, unknown>> & { readonly namespaces: readonly { readonly type: string }[] };
}

const sorted = (mounts: readonly RuntimeMount[]): readonly object[] =>
  mounts
    .map(({ options = [], ...mount }) => ({ ...mount, options: [...options].sort() }))
    .sort((a, b) => (a.destination < b.destination ? -1 : 1));

test('what a user without root may have is what runc spec --rootless says, its control groups left out, and no less is shut', t => {
  const file = fixture(t, 'change/rootless/runc-spec-rootless.json');
  if (file === undefined) return;
  const theirs = JSON.parse(readFileSync(file, 'utf8')) as RuntimeConfig;
  const map = [{ containerID: 0, hostID: 12345, size: 1 }];
  const ours = isolation({ maps: { uids: map, gids: map }, isRootless: true }) as unknown as RuntimeConfig;
  const [proc, rest] = [['nosuid', 'noexec', 'nodev'], theirs.mounts.filter(({ type }) => type !== 'cgroup')];
  assert.deepEqual(
    sorted(ours.mounts),
    sorted(rest.map(mount => (mount.type === 'proc' ? { ...mount, options: proc } : mount))),
  );
  const typesOf = ({ linux }: RuntimeConfig): readonly string[] => linux.namespaces.map(({ type }) => type).sort();
  assert.deepEqual(typesOf(ours), typesOf(theirs));
  for (const field of ['uidMappings', 'gidMappings', 'resources'])
    assert.deepEqual(ours.linux[field], theirs.linux[field], field);
  const shut = ({ linux }: RuntimeConfig): readonly string[] =>
    ['readonlyPaths', 'maskedPaths'].flatMap(field => linux[field] as readonly string[]);
  assert.deepEqual(
    shut(theirs).filter(path => !shut(ours).includes(path)),
    [],
  );
});
