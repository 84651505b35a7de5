import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeEngine } from '../../engine/node.ts';
import { validate } from '../../ops/validate.ts';
import { StreamInput } from '../../store/archive/archive-input.ts';
import { indexArchive } from '../../store/archive/index-archive.ts';
import { openArchiveSource } from '../../store/archive/open-archive.ts';
import { openBundle } from '../../store/bundle/bundle.ts';
import { readStatIndex } from '../../store/bundle/stat-index.ts';
import { encodeColumns, newColumns } from '../../store/bundle/stat-index-file.ts';
import type { Stat } from '../../store/disk/stat.ts';
import { readSidecar } from '../../store/rootfs/sidecar.ts';
import { once } from '../../stream/once.ts';
import { atOnce } from '../../tree/parts.ts';
import { fixtureSeeds, textSeeds } from './seed-files.ts';
import type { FuzzTarget } from './target.ts';
import { layerTargets } from './targets-of-layers.ts';

/** Lets something happen in a directory that is gone afterwards. */
async function inDirectory(use: (directory: string) => unknown): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ocikit-fuzz-'));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const archive = (bytes: Uint8Array): Promise<void> =>
  inDirectory(async directory => {
    const path = join(directory, 'a.tar');
    writeFileSync(path, bytes);
    await validate(path);
    await (await openArchiveSource(path)).index();
  });

const sidecar = (bytes: Uint8Array): Promise<void> =>
  inDirectory(directory => {
    const rootfs = join(directory, 'rootfs');
    mkdirSync(rootfs);
    writeFileSync(`${rootfs}.mtree`, bytes);
    const found = atOnce(readSidecar(rootfs));
    found?.fill('', new Map(), () => true);
  });

const bundle = (bytes: Uint8Array): Promise<void> =>
  inDirectory(directory => {
    writeFileSync(join(directory, 'ocikit.json'), bytes);
    writeFileSync(join(directory, 'ocikit.index'), bytes);
    atOnce(openBundle(directory).index());
  });

/** The checksum of an index says that it is whole, not that its numbers are right. */
const statIndex = (bytes: Uint8Array): Promise<void> =>
  inDirectory(directory => {
    const hasher = nodeEngine.createHash('sha256');
    hasher.update(bytes);
    const title = indexTitle.replace(/ [0-9a-f]{64}\n$/, ` ${hasher.digest()}\n`);
    writeFileSync(join(directory, 'ocikit.index'), Buffer.concat([Buffer.from(title), bytes]));
    const found = atOnce(readStatIndex(join(directory, 'ocikit.index')));
    for (const path of ['', 'a', 'a/b', '__proto__']) found?.known.lookup(path, nothing);
  });

const nothing: Stat = {
  device: 0n,
  inode: 0n,
  mode: 0o100644,
  uid: 0,
  gid: 0,
  links: 1,
  size: 0,
  mtime: 0n,
  ctime: 0n,
  special: 0n,
};
const ownIndex = Buffer.from(
  atOnce(
    encodeColumns({
      count: 2,
      since: 5n,
      extras: { targets: {}, xattrs: {}, times: {} },
      paths: ['', 'a'],
      ...newColumns(2),
    } as never),
  ),
);
const indexTitle = ownIndex.toString('latin1', 0, ownIndex.indexOf('\n') + 1);
const comments = ['ocikit sidecar 1: what the disk does not show', 'owner 1000:1000', 'uid-map 0:1000:1'];
const sidecarText = `#mtree v2.0\n# ${comments.join('\n# ')}\n. type=dir mode=0755 uid=0 gid=0 time=1.5\n./a\\040b type=file mode=0644 uid=1 gid=2 time=0.0 size=3 xattr.user.x=YQ==\n./dev type=char device=native,1,3\n`;
const isArchive = (path: string): boolean => path.endsWith('.tar');
const tar = layerTargets.find(({ name }) => name === 'tar') as FuzzTarget;

export const placeTargets: readonly FuzzTarget[] = [
  {
    name: 'archive',
    run: archive,
    seeds: async () => [
      ...(await tar.seeds()).slice(0, 3),
      ...fixtureSeeds('hostile', isArchive),
      ...fixtureSeeds('images', isArchive),
    ],
    words: ['oci-layout', 'index.json', 'manifest.json', 'blobs/sha256/', 'repositories', './', '../'],
    ...(tar.repair === undefined ? {} : { repair: tar.repair }),
  },
  {
    name: 'archive-stream',
    run: bytes => indexArchive(new StreamInput(once(bytes)), 'fuzz'),
    seeds: () => tar.seeds(),
    ...(tar.repair === undefined ? {} : { repair: tar.repair }),
  },
  {
    name: 'sidecar',
    run: sidecar,
    seeds: () => textSeeds(sidecarText),
    words: ['type=', 'mode=', 'uid=', 'time=', 'xattr.', 'link=', '\\', '\n./', '/', 'device=native,', '\n# owner '],
  },
  {
    name: 'stat-index',
    run: statIndex,
    seeds: () => [ownIndex.subarray(indexTitle.length)],
    words: ['{"count":', '"since":"', '"xattrs":{', '"times":{', '\0'],
  },
  {
    name: 'bundle',
    run: bundle,
    seeds: () =>
      textSeeds(
        `{"version":1,"layout":"img","manifest":{"mediaType":"a/b","digest":"sha256:${'0'.repeat(64)}","size":1}}`,
      ),
    words: ['"version":', '"layout":', 'null', '[', '{'],
  },
];
