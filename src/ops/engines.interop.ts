import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  archivedBySkopeo,
  openBuildah,
  openPodman,
  openSkopeo,
  openUmoci,
  savedByDocker,
  savedByPodman,
  withDocker,
  withRegistry,
} from '../testing/engines.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { ocikit, run } from '../testing/witness.ts';
import { diff } from './diff.ts';
import { history } from './history.ts';
import { importRootfs } from './import-rootfs.ts';
import { inspectRaw } from './inspect.ts';
import { validate } from './validate.ts';

const platform = 'linux/amd64';

/** A small root filesystem, its tar, and the image `img:t` of it. */
function sample(t: TestContext): { readonly place: string; readonly tar: string; readonly layout: string } {
  const place = temporaryDirectory(t);
  const rootfs = join(place, 'rootfs');
  mkdirSync(join(rootfs, 'etc'), { recursive: true });
  writeFileSync(join(rootfs, 'etc/motd'), 'hello\n');
  writeFileSync(join(rootfs, 'etc/large'), 'x'.repeat(200_000));
  symlinkSync('motd', join(rootfs, 'etc/link'));
  run(place, 'ln', 'rootfs/etc/motd', 'rootfs/etc/again');
  run(place, 'tar', '-C', 'rootfs', '--sort=name', '--numeric-owner', '-cf', 'rootfs.tar', '.');
  ocikit(place, 'commit', 'rootfs', 'img:t', '-m', 'sample', '-c', 'CMD ["/bin/sh"]', '--platform', platform);
  return { place, tar: join(place, 'rootfs.tar'), layout: join(place, 'img') };
}

async function isValid(layout: string): Promise<void> {
  assert.deepEqual((await validate(layout)).findings, []);
}

interface Inspected {
  readonly Config: Readonly<Record<string, unknown>>;
  readonly RootFS: { readonly Layers: readonly string[] };
  readonly Architecture: string;
  readonly Os: string;
  readonly Author?: string;
}

const parsed = <T>(bytes: Uint8Array): T => JSON.parse(Buffer.from(bytes).toString()) as T;

test('an image goes through a real registry and comes back with equal digests', async t => {
  const skopeo = openSkopeo(t);
  if (skopeo === undefined) return;
  const { place, layout } = sample(t);
  await withRegistry(t, async address => {
    const there = `docker://${address}/x:t`;
    skopeo(['copy', '--quiet', '--dest-tls-verify=false', '--preserve-digests', `oci:${layout}:t`, there]);
    skopeo(['copy', '--quiet', '--src-tls-verify=false', '--preserve-digests', there, `oci:${place}/back:t`]);
    const tags = parsed<{ Tags: string[] }>(skopeo(['list-tags', '--tls-verify=false', `docker://${address}/x`]));
    assert.deepEqual(tags.Tags, ['t']);
  });
  for (const part of ['manifest', 'config'] as const)
    assert.deepEqual(await inspectRaw(`${place}/back:t`, part), await inspectRaw(`${layout}:t`, part));
  await isValid(join(place, 'back'));
});

test("an import has the history, the config and the diffID of docker's", async t => {
  const { place, tar } = sample(t);
  const changes = ['CMD ["sh","-c"]', 'ENV A=1 B="two words"', 'EXPOSE 80', 'WORKDIR /srv', 'LABEL a=b', 'USER 1:2'];
  await withDocker(t, async ({ docker }) => {
    for (const [name, message] of [
      ['plain', undefined],
      ['said', 'a message'],
    ] as const) {
      const words = [...changes.flatMap(change => ['-c', change]), ...(message === undefined ? [] : ['-m', message])];
      docker(['import', ...words, tar, name]);
      ocikit(place, 'import', 'rootfs.tar', `mine:${name}`, ...words, '--platform', platform);
      const [theirs] = parsed<[Inspected]>(docker(['image', 'inspect', name]));
      const [ours] = parsed<[Inspected]>(Buffer.from(ocikit(place, 'inspect', `mine:${name}`)));
      assert.deepEqual(ours.RootFS.Layers, theirs.RootFS.Layers);
      for (const field of ['Cmd', 'Env', 'ExposedPorts', 'WorkingDir', 'Labels', 'User'])
        assert.deepEqual(ours.Config[field], theirs.Config[field], field);
      assert.deepEqual(
        [ours.Architecture, ours.Os, ours.Author ?? ''],
        [theirs.Architecture, theirs.Os, theirs.Author],
      );
      const rows = docker(['history', '--no-trunc', '--format', '{{.CreatedBy}}|{{.Comment}}', name]).toString();
      const mine = await history(join(place, `mine:${name}`));
      assert.equal(mine.map(row => `${row.createdBy}|${row.comment}\n`).join(''), rows);
    }
    run(place, 'tar', '--sort=name', '-C', 'rootfs', '-cf', 'twice.tar', 'etc/motd');
    run(place, 'tar', '-C', 'rootfs', '-rf', 'twice.tar', 'etc/motd');
    assert.throws(() => docker(['import', join(place, 'twice.tar'), 'twice']), /duplicates/);
    const { warnings } = await importRootfs(join(place, 'twice.tar'), join(place, 'mine:twice'), { platform });
    assert.match(warnings.join(), /docker refuses/);
    docker(['import', '/dev/null', 'nothing']);
    const [nothing] = parsed<[Inspected]>(docker(['image', 'inspect', 'nothing']));
    const mine = await importRootfs('/dev/null', join(place, 'mine:nothing'), { platform });
    assert.deepEqual(nothing.RootFS.Layers, [mine.diffID]);
  });
  // The tar that docker refuses as well is kept byte for byte, and what is wrong with it is a finding.
  for (const { code, member } of (await validate(join(place, 'mine'))).findings)
    assert.deepEqual([code, member], ['tar-duplicate-path', 'etc/motd']);
  const umoci = openUmoci(t);
  umoci?.(['unpack', '--image', join(place, 'mine:nothing'), join(place, 'nothing')]);
});

test('what a container of docker holds, exported and imported through a pipe, is what its image held', async t => {
  const { place, layout, tar } = sample(t);
  await withDocker(t, async ({ docker, client, host }) => {
    docker(['import', tar, 'scratch-image']);
    docker(['create', '--name', 'box', '--network', 'none', 'scratch-image', '/none']);
    const program = `${process.execPath} ${join(process.cwd(), 'bin/ocikit.cjs')}`;
    run(place, 'bash', '-c', `set -o pipefail; ${client} -H ${host} export box | ${program} import - exported:box`);
    const { changes } = await diff(`${layout}:t`, join(place, 'exported:box'), { ignore: ['mtime'] });
    const added = /^\/(\.dockerenv|dev|proc|sys|etc\/(hostname|hosts|mtab|resolv\.conf))(\/|$)/;
    assert.deepEqual(
      changes.map(row => row.path).filter(path => !added.test(path) && path !== '/etc'),
      [],
    );
  });
  await isValid(join(place, 'exported'));
});

test('docker and containerd make archives of an image', async t => {
  const { place, layout } = sample(t);
  const skopeo = openSkopeo(t);
  if (skopeo === undefined) return;
  const archive = join(place, 'for-docker.tar');
  archivedBySkopeo(skopeo, archive, {
    format: 'docker-archive',
    image: `oci:${layout}:t`,
    name: 'docker.io/library/x:t',
  });
  const oci = join(place, 'for-ctr.tar');
  archivedBySkopeo(skopeo, oci, { format: 'oci-archive', image: `oci:${layout}:t`, name: 't' });
  await withDocker(t, async ({ docker, ctr }) => {
    docker(['load', '-i', archive]);
    docker(['tag', 'x:t', 'y:second']);
    const saved = savedByDocker(docker, join(place, 'saved.tar'), 'x:t', 'y:second');
    const names = run(place, 'tar', '-tf', saved).split('\n');
    for (const name of ['manifest.json', 'repositories']) assert.ok(names.includes(name), name);
    ctr(['images', 'import', '--no-unpack', '--base-name', 'x', oci]);
    assert.match(ctr(['images', 'ls', '-q']).toString(), /x:t/);
    ctr(['images', 'export', join(place, 'by-ctr.tar'), 'x:t']);
    assert.ok(run(place, 'tar', '-tf', 'by-ctr.tar').split('\n').includes('index.json'));
  });
});

test('podman, buildah, skopeo and umoci make archives and layouts of an image', t => {
  const [podman, skopeo, buildah, umoci] = [openPodman(t), openSkopeo(t), openBuildah(t), openUmoci(t)];
  if (podman === undefined || skopeo === undefined || buildah === undefined || umoci === undefined) return;
  const { place, layout } = sample(t);
  const archive = join(place, 'for-podman.tar');
  podman([
    'load',
    '--quiet',
    '-i',
    archivedBySkopeo(skopeo, archive, { format: 'oci-archive', image: `oci:${layout}:t`, name: 't' }),
  ]);
  const id = podman(['images', '--quiet', '--no-trunc']).toString().trim();
  podman(['tag', id, 'localhost/x:t', 'localhost/y:second']);
  const file = (name: string): string => join(place, name);
  for (const format of ['docker-archive', 'oci-archive'] as const) {
    const marker = format === 'oci-archive' ? 'oci-layout' : 'manifest.json';
    const made = [
      savedByPodman(podman, file(`podman-${format}.tar`), { format, names: ['localhost/x:t'] }),
      archivedBySkopeo(skopeo, file(`skopeo-${format}.tar`), {
        format,
        image: `oci:${layout}:t`,
        name: format === 'oci-archive' ? 't' : 'example.org/x:t',
      }),
    ];
    for (const archive of made) assert.ok(run(place, 'tar', '-tf', archive).split('\n').includes(marker), archive);
  }
  savedByPodman(podman, file('two.tar'), { format: 'docker-archive', names: ['localhost/x:t', 'localhost/y:second'] });
  assert.ok(statSync(file('two.tar')).size > 0);
  buildah(['pull', '--quiet', `docker-archive:${file('skopeo-docker-archive.tar')}`]);
  const container = buildah(['from', '--pull-never', 'example.org/x:t']).toString().trim();
  const mounted = buildah(['mount', container]).toString().trim();
  assert.equal(readFileSync(join(mounted, 'etc/motd'), 'utf8'), 'hello\n');
  const stat = parsed<{ history: unknown[] }>(umoci(['stat', '--json', '--image', `${layout}:t`]));
  assert.equal(stat.history.length, 1);
});
