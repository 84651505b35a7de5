import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import type { EngineName } from '../image/engines/engine-rule.ts';
import { offered, type Taker, takers, withDaemonTakers } from '../testing/engine-takers.ts';
import { copyWritable, fixture } from '../testing/fixtures.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { validate } from './validate.ts';

/**
 * What Debian's engines make of every layout that the shared fixtures have, held to what `validate --engines` says of it: what it says that
 * an engine takes has to be taken. kaniko and crane are in no Debian: what is said of them is their documentation's and source's. Each
 * engine gets one layout in four, always the same ones; `OCIKIT_FIXTURES=all` gives it all.
 */
const share = process.env['OCIKIT_FIXTURES'] === 'all' ? 1 : 4;

/** What was predicted wrongly once stays in the sample. */
const always =
  /j-(?:artifact|dup-tag|unknown)|e-terminal|-symlink-then-file|x-xattr-big|trailing-zeros|xattr-through|unknown-mediatype|imgutil|hard-link-2|testrepo|golden$|gc_index/;

/** Why an engine may take what it is said to refuse. */
const lenient: readonly (readonly [engines: readonly EngineName[] | undefined, codes: RegExp, reason: string])[] = [
  [
    ['docker', 'podman'],
    /^(?:size-|schema-|digest-|layer-type|layer-enc|media-type|name-|platform-)/,
    'its own list in an archive leads past manifests and indexes; it refuses what it pulls',
  ],
  [['docker', 'podman', 'buildah'], /^damaged$/, 'it looks at no oci-layout, whatever that says'],
  [['podman', 'buildah'], /^layer-type-unknown$/, 'it looks for itself how a layer is stored, whatever its type'],
  [['skopeo'], /^(?:schema-|damaged|layer-encrypted|name-)/, 'it copies what it does not read'],
  [undefined, /^size-mismatch$/, 'Debian 12 has versions that look at digests alone'],
  [undefined, /^schema-/, "Go's JSON takes numbers, nulls and absent fields that the schema forbids"],
  [undefined, /^digest-mismatch$/, 'it does not read embedded data'],
  [
    undefined,
    /^(?:tar-damaged|tar-entry-refused|compression-damaged)$/,
    'what ocikit refuses some engines read in one way or another',
  ],
  [undefined, /^tar-name-outside$/, 'Debian 12 has docker 20.10: from 29 on it refuses them'],
  [
    undefined,
    /^(?:layer-count|null-list|diffid-mismatch|tar-duplicate-path|tar-pax-global|tar-hardlink-lower|platform-malformed|blob-missing)$/,
    'it depends on what it has, or passes over',
  ],
  [undefined, /^(?:media-type|artifact|name-|platforms-)/, 'another image of the place was asked for'],
];

function layoutsBelow(root: string, path: string): readonly string[] {
  const here = join(root, path);
  if (existsSync(join(here, 'index.json'))) return [path];
  return readdirSync(here, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .flatMap(({ name }) => layoutsBelow(root, join(path, name)));
}

/** The name of the first image, where an index can be read. */
function firstName(layout: string): string | undefined {
  try {
    const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
    return manifests[0]?.annotations?.['org.opencontainers.image.ref.name'];
  } catch {
    return undefined;
  }
}

function isSampled(engine: EngineName, path: string): boolean {
  const [first = 0] = createHash('sha256').update(`${engine} ${path}`).digest();
  return first % share === 0 || always.test(path);
}

interface Said {
  readonly verdict: string;
  readonly codes: readonly string[];
}

/** What validate says; a place that it cannot read at all nobody is said to take. */
async function saidOf(layout: string, engine: EngineName): Promise<Said> {
  try {
    const { engines, findings } = await validate(layout, { engines: [engine] });
    const [said] = engines ?? [];
    const codes = (said?.reasons ?? []).filter(({ verdict }) => verdict === 'refuses').map(({ code }) => code);
    return { verdict: said?.verdict ?? '', codes: codes.length > 0 ? codes : findings.map(({ code }) => code) };
  } catch (error) {
    assert.ok(error instanceof OciError, String(error));
    return { verdict: 'refuses', codes: ['damaged'] };
  }
}

/** The engine's last words where it refuses; undefined where there is nothing to give to it. */
function taken({ engine, take, forget }: Taker, made: ReturnType<typeof offered>): string | true | undefined {
  if ((engine === 'docker' || engine === 'podman') && !existsSync(join(made.layout, 'manifest.json'))) return undefined;
  try {
    take(made);
    return true;
  } catch (error) {
    return (error as Error).message.slice(-300);
  } finally {
    forget();
  }
}

const reasonOf = (engine: EngineName, codes: readonly string[]): string | undefined =>
  lenient.find(
    ([engines, pattern]) => (engines?.includes(engine) ?? true) && codes.some(code => pattern.test(code)),
  )?.[2];

async function hold(t: TestContext, taker: Taker): Promise<void> {
  const { engine } = taker;
  const wrong: string[] = [];
  const strict = new Map<string, number>();
  let tried = 0;
  for (const folder of ['hostile', 'change', 'images', 'reports']) {
    const root = fixture(t, folder);
    if (root === undefined) return;
    for (const path of layoutsBelow(root, '.').filter(path => isSampled(engine, path))) {
      const place = temporaryDirectory(t);
      const layout = join(place, 'l');
      copyWritable(join(root, path), layout);
      const { verdict, codes } = await saidOf(layout, engine);
      const answer = taken(taker, offered(place, layout, firstName(layout)));
      if (answer === undefined) continue;
      tried++;
      if (answer !== true && verdict !== 'refuses') wrong.push(`${folder}/${path}: ${verdict}: ${answer}`);
      if (answer !== true || verdict !== 'refuses') continue;
      const reason = reasonOf(engine, codes) ?? `not known why: ${folder}/${path} ${codes.join(' ')}`;
      strict.set(reason, (strict.get(reason) ?? 0) + 1);
    }
  }
  t.diagnostic(`${engine}: ${tried} layouts, ${wrong.length} taken for good and refused`);
  for (const [reason, count] of strict) t.diagnostic(`${engine} takes ${count} that it is said to refuse: ${reason}`);
  assert.deepEqual(wrong, []);
}

for (const [engine, open] of Object.entries(takers))
  test(`${engine} takes each fixture that validate says it takes`, async t => {
    const taker = open(t);
    if (taker !== undefined) await hold(t, taker);
  });

test('docker and containerd take each fixture that validate says they take', t =>
  withDaemonTakers(t, async daemons => {
    for (const taker of daemons) await hold(t, taker);
  }));
