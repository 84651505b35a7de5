import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCommand } from '../testing/command-line.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';

async function listed(...words: readonly string[]): Promise<string> {
  const { status, out, err } = await runCommand(['images', ...words]);
  assert.deepEqual([status, err], [0, ''], words.join(' '));
  return out;
}

async function place(t: TestContext): Promise<{ readonly layout: string; readonly directory: string }> {
  return await preparePlace(temporaryDirectory(t));
}

test('several places have a column that says which, one has none', async t => {
  const { layout, directory } = await place(t);
  const archive = join(directory, 'docker.tar');
  assert.match(await listed(layout), /^REPOSITORY/);
  const both = await listed(layout, archive);
  assert.match(both, /^PLACE +REPOSITORY +TAG/);
  assert.ok(both.includes(`${archive}   `) && both.includes(`${layout}   `));
  assert.equal(await listed(layout, '--format', '{{.Place}}:{{.Tag}}', '-f', 'reference=app'), `${layout}:app\n`);
});

test('filters take names as they are operands', async t => {
  const { layout } = await place(t);
  const tags = async (filter: string): Promise<string> => await listed(layout, '-f', filter, '--format', '{{.Tag}}');
  const all = await tags('dangling=false');
  for (const filter of ['reference=img:*', `reference=${layout}:*`]) assert.equal(await tags(filter), all, filter);
  assert.equal(await tags('reference=img:b*'), 'base\n');
  for (const filter of ['before=img:base', `since=${layout}:base`]) assert.equal(await tags(filter), '', filter);
});

test('the size is that of the stored blobs, or of the files in the layers', async t => {
  const { layout } = await place(t);
  const size = async (...words: readonly string[]): Promise<number> => {
    const rows = JSON.parse(await listed(`${layout}:base`, '--json', ...words)) as { size: number }[];
    return rows[0]?.size ?? 0;
  };
  assert.equal(await size('--size', 'uncompressed'), 'gone\n'.length + 'hello\n'.length + 5000 + 'old\n'.length);
  assert.notEqual(await size('--size=stored'), await size('--size=uncompressed'));
  assert.equal(await size('--size', 'stored'), await size());
});

test('-a lists what is no image and what is not there', async t => {
  const { layout } = await place(t);
  const index = join(layout, 'index.json');
  const { manifests, ...rest } = JSON.parse(readFileSync(index, 'utf8')) as { manifests: object[] };
  const other = { mediaType: 'application/vnd.example.thing', digest: `sha256:${'0'.repeat(64)}`, size: 3 };
  writeFileSync(index, JSON.stringify({ ...rest, manifests: [...manifests, other] }));
  const usual = (await listed(layout)).split('\n').length;
  assert.equal((await listed(layout, '-a')).split('\n').length, usual + 1);
});

test("docker's fields are there in templates", async t => {
  const { layout } = await place(t);
  const fields = '{{.VirtualSize}} {{.SharedSize}} {{.UniqueSize}} {{.Containers}}';
  assert.match(await listed(`${layout}:app`, '--format', fields), /^[\d.]+k?B N\/A N\/A N\/A\n$/);
  const format = '{{.DockerVersion}}|{{.GraphDriver.Name}}|{{eq .VirtualSize .Size}}|{{.Metadata.LastTagTime}}';
  const { out, err } = await runCommand(['inspect', `${layout}:app`, '--format', format]);
  assert.deepEqual([out, err], ['||true|0001-01-01T00:00:00Z\n', '']);
});

test('an archive that nobody names an image in gets its own name', async t => {
  const { layout, directory } = await place(t);
  const copied = async (kind: string, file: string): Promise<string> => {
    const { status, err } = await runCommand(['copy', `${layout}:app`, `${kind}:${join(directory, file)}`]);
    assert.equal(status, 0, err);
    return await listed(join(directory, file), '--format', '{{.Repository}}:{{.Tag}}');
  };
  assert.equal(await copied('docker-archive', 'd.tar'), 'img:app\n');
  assert.equal(await copied('oci-archive', 'o.tar'), '<none>:app\n');
});

test('times are those of the zone that TZ names', async t => {
  const { layout } = await place(t);
  const world = { env: { TZ: 'Europe/Berlin' } };
  const history = ['history', `${layout}:new`, '--format', '{{.CreatedAt}}'];
  await runCommand(['commit', join(layout, '..', 'rootfs'), `${layout}:new`]);
  assert.equal((await runCommand(history, world)).out, '2023-11-14T23:13:20+01:00\n');
  const images = ['images', `${layout}:new`, '--format', '{{.CreatedAt}}'];
  assert.equal((await runCommand(images, world)).out, '2023-11-14 23:13:20 +0100 CET\n');
});
