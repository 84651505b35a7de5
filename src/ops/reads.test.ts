import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { collected } from '../testing/drained.ts';
import { layeredImage } from '../testing/layered-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hostPlatform } from '../testing/verb-use.ts';
import { analyze } from './analyze.ts';
import { blame } from './blame.ts';
import { catStream } from './cat.ts';
import { files } from './files.ts';
import { history } from './history.ts';
import { packages } from './packages.ts';
import { sbom } from './sbom.ts';

const stanza = (name: string): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nMaintainer: ${'m'.repeat(80)}\n\n`;

/** A program without a word of what it is made of. */
const silent = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(200)]);

const layers = [
  {
    'etc/group': 'root:x:0:\n',
    'etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
    '755|usr/bin/program': silent,
    '755|usr/bin/script': `#!/bin/sh\n${'# nothing\n'.repeat(20)}`,
    'var/lib/dpkg/status': stanza('one'),
  },
  {
    'app/node_modules/a/package.json': '{"name":"a","version":"1.2.3"}',
    'etc/passwd': 'root:x:0:0::/root:/bin/sh\nme:x:1:1::/:/bin/sh\n',
    'var/lib/dpkg/info/one.list': '/.\n/usr\n/usr/bin\n/usr/bin/program\n',
    'var/lib/dpkg/status': stanza('one') + stanza('two'),
  },
];

/** How often each blob of a place has been opened since it was asked last. */
function blobOpens(t: TestContext): () => ReadonlyMap<string, number> {
  const { openSync } = fs;
  let opens = new Map<string, number>();
  fs.openSync = (path, ...rest) => {
    const name = basename(String(path));
    if (/^[0-9a-f]{64}$/.test(name)) opens.set(name, (opens.get(name) ?? 0) + 1);
    return openSync(path, ...rest);
  };
  syncBuiltinESMExports();
  t.after(() => {
    fs.openSync = openSync;
    syncBuiltinESMExports();
  });
  return () => {
    const before = opens;
    opens = new Map();
    return before;
  };
}

async function textOf(image: string, path: string): Promise<string> {
  return (await collected((await catStream(image, path, { hostPlatform })).bytes)).toString();
}

test('whoever looks into an image reads each of its layers once', async t => {
  const image = layeredImage(join(temporaryDirectory(t), 'img'), layers);
  const opens = blobOpens(t);
  const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
    files: () => files(image, '/', { hostPlatform, recursive: true }),
    packages: () => packages(image, { hostPlatform }),
    sbom: () => sbom(image, { hostPlatform }),
    analyze: () => analyze(image, { hostPlatform }),
    blame: () => blame(image, '/etc/passwd', { hostPlatform }),
    cat: () => textOf(image, '/etc/passwd'),
  };
  const rows = await history(image, { hostPlatform });
  const digests = new Set((await files(image, '/', { hostPlatform })).layers.map(({ digest }) => digest.slice(7)));
  assert.equal(digests.size, layers.length, `${rows.length}`);
  for (const [name, verb] of Object.entries(verbs)) {
    opens();
    await verb();
    const counts = [...opens()].filter(([digest]) => digests.has(digest));
    assert.deepEqual(
      counts.map(([, count]) => count),
      layers.map(() => 1),
      name,
    );
  }
  assert.match(await textOf(image, 'etc/passwd'), /^me:x:1/m);
  const found = await packages(image, { hostPlatform });
  assert.deepEqual(
    found.packages.map(({ name, layer }) => [name, layer]),
    [
      ['one', 1],
      ['two', 2],
      ['a', 2],
    ],
  );
  assert.deepEqual(found.warnings, []);
});

test('what is known under another name once links are followed is read for what it is there', async t => {
  const linked = [
    { 'var/lib/dpkg': '-> ../../opt/dpkg', '755|opt/dpkg/status': stanza('one') },
    { 'etc/passwd': '-> users', 'etc/users': 'root:x:0:0::/root:/bin/sh\n', 'etc/group': '-> /etc/group' },
  ];
  const image = layeredImage(join(temporaryDirectory(t), 'img'), linked);
  const { packages: found } = await packages(image, { hostPlatform });
  assert.deepEqual(
    found.map(({ name, layer }) => [name, layer]),
    [['one', 1]],
  );
  assert.equal((await files(image, '/opt/dpkg', { hostPlatform })).files[0]?.user, 'root');
  assert.match(await textOf(image, '/etc/passwd'), /^root/);
});
