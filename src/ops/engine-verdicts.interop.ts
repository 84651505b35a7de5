import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EngineName } from '../image/engines/engine-rule.ts';
import { blobCases, documentCases, schemaCases } from '../testing/document-cases.ts';
import { offered, type Taker, takers, withDaemonTakers } from '../testing/engine-takers.ts';
import { factCases } from '../testing/fact-cases.ts';
import { layerCases } from '../testing/layer-cases.ts';
import { makeLayout } from '../testing/layout-files.ts';
import { relationCases } from '../testing/relation-cases.ts';
import { headerCases, tarCases } from '../testing/tar-cases.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { validate } from './validate.ts';

// Of a place that is no layout engines are given another case.
const { place: _, ...relations } = relationCases;
const cases = {
  ...relations,
  ...blobCases,
  ...schemaCases,
  ...documentCases,
  ...layerCases,
  ...tarCases,
  ...headerCases,
  ...factCases,
};

/** What is wrong with a case's place is asked of engines that read such a place at all. */
const elsewhere: Readonly<Partial<Record<EngineName, RegExp>>> = {
  // docker's list leads to config and layers: it looks at no manifest and no index.
  docker:
    /^(?:place|name-|size-|digest-other|media-type|artifact|image-missing|platforms-several|platform-duplicate|manifests-several|index-nested|attestation-dangling|schema-(?:min|max|not|required|const|enum)|damaged|unsupported|data-)/,
  // It is asked for one name and sees no other.
  umoci: /^(?:artifact|media-type-unknown)$/,
};

/** What containers/image does not find by a name: it is the only one there. */
const nameless = /^(?:image-missing|media-types-docker|name-missing)$/;

/** Holds that an engine takes whatever it is said to take. */
async function hold(t: TestContext, { engine, take, forget }: Taker): Promise<void> {
  const wrong: string[] = [];
  for (const [code, { make }] of Object.entries(cases)) {
    if (elsewhere[engine]?.test(code) === true) continue;
    const place = temporaryDirectory(t);
    const layout = makeLayout(join(place, 'l'));
    make(layout);
    const [said] = (await validate(layout, { engines: [engine] })).engines ?? [];
    let answer: string | undefined;
    try {
      take(offered(place, layout, nameless.test(code) && engine !== 'umoci' ? undefined : 'app'));
    } catch (error) {
      answer = (error as Error).message;
    }
    forget();
    if (answer !== undefined && said?.verdict !== 'refuses')
      wrong.push(`${code}: ${said?.verdict}: ${answer.slice(-300)}`);
    else if (answer === undefined && said?.verdict === 'refuses') t.diagnostic(`${engine} takes ${code}`);
  }
  assert.deepEqual(wrong, []);
}

for (const [engine, open] of Object.entries(takers))
  test(`${engine} takes whatever validate says that it takes`, async t => {
    const taker = open(t);
    if (taker !== undefined) await hold(t, taker);
  });

test('docker and containerd take whatever validate says that they take', t =>
  withDaemonTakers(t, async daemons => {
    for (const taker of daemons) await hold(t, taker);
  }));
