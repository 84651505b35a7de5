import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blobFile, type MadeDescriptor, makeLayout, putImage, putJson, putName } from '../testing/layout-files.ts';
import { rawTar } from '../testing/raw-tar.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { convert } from './convert.ts';
import { diff } from './diff.ts';
import { fix } from './fix.ts';
import { rebase } from './rebase.ts';
import { referrers } from './referrers.ts';
import { squash } from './squash.ts';

const platform = 'linux/amd64';
const created = '2026-01-01T00:00:00Z';
const none = { annotations: null };

/** An image whose manifest, its config's and layers' entries, and an index above it have annotations that are null, as Go writes a map that there is none of. */
function putNull(layout: string, name: string, tars: readonly Uint8Array[]): void {
  const { platform: of, ...made } = putImage(layout, { layers: tars.map(tar => ({ tar })) });
  const manifest = JSON.parse(readFileSync(blobFile(layout, made.digest), 'utf8')) as {
    config: object;
    layers: object[];
  };
  const [config, layers] = [{ ...manifest.config, ...none }, manifest.layers.map(layer => ({ ...layer, ...none }))];
  const stored = putJson(layout, made.mediaType, { ...manifest, ...none, config, layers });
  const entries = [{ ...stored, platform: of, ...none }];
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const index = putJson(layout, mediaType, { schemaVersion: 2, mediaType, manifests: entries, ...none });
  putName(layout, name, index as MadeDescriptor);
}

test('annotations that are null are none, whoever looks at them', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const [old, fresh, own] = ['old', 'fresh', 'own'].map(name => rawTar([[name, name]])) as [Buffer, Buffer, Buffer];
  putNull(layout, 'old', [old]);
  putNull(layout, 'fresh', [fresh]);
  putNull(layout, 'app', [old, own]);
  const app = `${layout}:app`;
  const dry = { dryRun: true, created };
  await fix(app, dry);
  await squash(app, { ...dry, platform });
  await convert(app, { ...dry, compression: 'estargz' });
  await rebase(app, { ...dry, oldBase: `${layout}:old`, newBase: `${layout}:fresh` });
  await diff(app, `${layout}:old`, { platform, manifest: true });
  assert.deepEqual((await referrers(app)).referrers, []);
});
