import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readImage } from '../graph/image-reader.ts';
import { encodeDocument } from '../spec/document.ts';
import { withName } from '../spec/name.ts';
import type { ImageConfig } from '../spec/objects.ts';
import { openLayout } from '../store/layout/layout.ts';
import { once } from '../stream/once.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { copy } from './copy.ts';
import { unpack } from './unpack.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };

/** What other tools put into configs and our schema refuses, and how it is said. */
const oddities: Readonly<Record<string, readonly [change: Pick<ImageConfig, 'config'>, said: RegExp]>> = {
  'a variable without a value': [{ config: { Env: ['LONELY', 'A=1'], Cmd: ['sh'] } }, /\/config\/Env\/\d: .*'LONELY'/],
  'a port that is none': [{ config: { ExposedPorts: { 'http/tcp': {} } } }, /\/config\/ExposedPorts: .*'http\/tcp'/],
};

/** A layout whose image `base` has a config with one thing in it that our schema refuses. */
async function oddBase(
  t: TestContext,
  change: Pick<ImageConfig, 'config'>,
): Promise<{ place: string; layout: string; rootfs: string }> {
  const place = temporaryDirectory(t);
  const [layout, rootfs] = [join(place, 'l'), join(place, 'rootfs')];
  mkdirSync(rootfs);
  writeFileSync(join(rootfs, 'a'), 'a');
  await commit(rootfs, `${layout}:good`, { hostPlatform });
  const store = await openLayout(layout);
  const [entry] = (await store.index()).value.manifests;
  assert.ok(entry);
  const { manifest, config } = await readImage(store, entry);
  const odd = encodeDocument({ ...config.value, ...change }, config.descriptor.mediaType);
  const made = encodeDocument({ ...manifest.value, config: odd.descriptor }, manifest.descriptor.mediaType);
  for (const { bytes } of [odd, made]) await store.put(once(bytes));
  await store.updateIndex(index => withName(index, 'base', made.descriptor));
  writeFileSync(join(rootfs, 'b'), 'b');
  return { place, layout, rootfs };
}

for (const [what, [change, said]] of Object.entries(oddities)) {
  test(`a base with ${what} can be committed on: it is kept, and said`, async t => {
    const { place, layout, rootfs } = await oddBase(t, change);
    const base = `${layout}:base`;
    await unpack(base, join(place, 'bundle'), { bundle: true });
    writeFileSync(join(place, 'bundle/rootfs/c'), 'c');
    for (const make of [
      () => commit(rootfs, `${layout}:new`, { base }),
      () => commit(rootfs, `${layout}:new`, { base, squash: true }),
      () => commit(rootfs, `${layout}:new`, { base, instructions: ['ENV A=2 C=3', 'LABEL l=m'] }),
      () => commit(join(place, 'bundle'), `${layout}:new`),
    ]) {
      const { warnings } = await make();
      assert.equal(warnings.filter(warning => said.test(warning)).length, 1, warnings.join());
      const { config } = await readNamed(layout, 'new');
      if (change.config?.Env?.length) assert.ok(config.Env?.includes(change.config.Env[0] as string));
      assert.deepEqual(config.ExposedPorts, change.config?.ExposedPorts);
    }
    await assert.rejects(commit(rootfs, `${layout}:x`, { base, strict: true }), { code: 'unsupported' });
    await copy(base, `${join(place, 'copy')}:x`, { compression: 'zstd' });
  });
}

async function readNamed(layout: string, name: string): Promise<{ config: NonNullable<ImageConfig['config']> }> {
  const store = await openLayout(layout);
  const entry = (await store.index()).value.manifests.find(({ annotations }) =>
    Object.values(annotations ?? {}).includes(name),
  );
  assert.ok(entry);
  return { config: (await readImage(store, entry)).config.value.config ?? {} };
}
