import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { factCases } from '../testing/fact-cases.ts';
import { makeLayout } from '../testing/layout-files.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { fix } from './fix.ts';
import { validate } from './validate.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };

for (const code of ['media-types-mixed', 'compression-trailing'] as const)
  test(`what some engine refuses and no specification forbids is mended: ${code}`, async t => {
    const layout = makeLayout(join(temporaryDirectory(t), 'img'));
    factCases[code]?.make(layout);
    const before = await readWholeImage(`${layout}:app`);
    const made = await fix(`${layout}:app`, { hostPlatform });
    assert.ok(
      made.mended.some(one => one.code === code),
      JSON.stringify(made.mended),
    );
    assert.deepEqual((await readWholeImage(`${layout}:app`)).exact, before.exact);
    const engines = ['docker', 'podman', 'containerd', 'buildah', 'umoci', 'skopeo'];
    const { findings, engines: said = [] } = await validate(`${layout}:app`, { engines });
    assert.ok(
      findings.every(({ severity }) => severity === 'note' || severity === 'warning'),
      JSON.stringify(findings),
    );
    for (const { engine, verdict, reasons } of said)
      assert.notEqual(verdict, 'refuses', `${engine}: ${JSON.stringify(reasons)}`);
    const again = await fix(`${layout}:app`, { hostPlatform });
    assert.deepEqual([again.isChanged, again.mended], [false, []]);
  });
