import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EngineName } from '../image/engines/engine-rule.ts';
import { blobCases, documentCases, schemaCases } from '../testing/document-cases.ts';
import { openPodman, openSkopeo, openUmoci, type Tool, withDocker } from '../testing/engines.ts';
import { layerCases } from '../testing/layer-cases.ts';
import { type MadeDescriptor, makeLayout } from '../testing/layout-files.ts';
import { headerCases, tarCases } from '../testing/tar-cases.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { run } from '../testing/witness.ts';
import { validate } from './validate.ts';

const cases = { ...blobCases, ...schemaCases, ...documentCases, ...layerCases, ...tarCases, ...headerCases };

/** One finding's layout, and a tar of it that docker loads as well where it has an image. */
interface Made {
  readonly place: string;
  readonly layout: string;
  readonly archive: string;
}

const pathOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** docker's own list, of the first image. Where there is none, there is nothing to load. */
function writeDockerList(layout: string): void {
  try {
    const read = (path: string): unknown => JSON.parse(readFileSync(join(layout, path), 'utf8'));
    const { manifests } = read('index.json') as { readonly manifests: readonly MadeDescriptor[] };
    const { config, layers } = read(pathOf(manifests[0]?.digest ?? '')) as {
      readonly config: MadeDescriptor;
      readonly layers: readonly MadeDescriptor[] | null;
    };
    const Layers = (layers ?? []).map(({ digest }) => pathOf(digest));
    writeFileSync(
      join(layout, 'manifest.json'),
      JSON.stringify([{ Config: pathOf(config.digest), RepoTags: ['app:app'], Layers }]),
    );
  } catch {
    // The case is about a document that is none.
  }
}

/** What is wrong with a case's place is asked of engines that read such a place at all. */
const elsewhere: Readonly<Partial<Record<EngineName, RegExp>>> = {
  // docker's list leads to config and layers: it looks at no manifest and no index.
  docker:
    /^(?:place|name-|size-|digest-other|media-type|artifact|schema-(?:min|max|not|required|const|enum)|damaged|unsupported|data-)/,
};

/** Holds that an engine takes whatever it is said to take. */
async function hold(t: TestContext, engine: EngineName, take: (made: Made) => void): Promise<void> {
  const wrong: string[] = [];
  for (const [code, { make }] of Object.entries(cases)) {
    if (elsewhere[engine]?.test(code) === true) continue;
    const place = temporaryDirectory(t);
    const layout = makeLayout(join(place, 'l'));
    make(layout);
    const [said] = (await validate(layout, { engines: [engine] })).engines ?? [];
    writeDockerList(layout);
    const archive = join(place, 'l.tar');
    run(place, 'tar', '-C', 'l', '-cf', archive, '.');
    let answer: string | undefined;
    try {
      take({ place, layout, archive });
    } catch (error) {
      answer = (error as Error).message;
    }
    if (answer !== undefined && said?.verdict !== 'refuses')
      wrong.push(`${code}: ${said?.verdict}: ${answer.slice(-300)}`);
    else if (answer === undefined && said?.verdict === 'refuses') t.diagnostic(`${engine} takes ${code}`);
  }
  assert.deepEqual(wrong, []);
}

/** Debian's versions, which the table is held to. */
const opened: readonly (readonly [
  EngineName,
  (t: TestContext) => Tool | undefined,
  (tool: Tool, made: Made) => void,
])[] = [
  [
    'umoci',
    openUmoci,
    (umoci, { place, layout }) => umoci(['unpack', '--image', `${layout}:app`, join(place, 'bundle')]),
  ],
  [
    'skopeo',
    openSkopeo,
    (skopeo, { place, layout }) => skopeo(['copy', '-q', `oci:${layout}`, `dir:${join(place, 'dir')}`]),
  ],
  ['podman', openPodman, (podman, { archive }) => podman(['load', '-q', '-i', archive])],
];

for (const [engine, open, take] of opened)
  test(`${engine} takes whatever validate says that it takes`, async t => {
    const tool = open(t);
    if (tool !== undefined) await hold(t, engine, made => take(tool, made));
  });

test('docker and containerd take whatever validate says that they take', t =>
  withDocker(t, async ({ docker, ctr }) => {
    await hold(t, 'docker', ({ archive }) => docker(['load', '-q', '-i', archive]));
    await hold(t, 'containerd', ({ archive }) => ctr(['images', 'import', '--snapshotter', 'overlayfs', archive]));
  }));
