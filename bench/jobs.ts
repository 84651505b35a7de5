import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { builds } from './build-jobs.ts';
import { changes } from './change-jobs.ts';
import { layers100, must, peerLayout, smallEdit, tarOf, trees, twoImages } from './corpus.ts';
import { looks } from './look-jobs.ts';

/** One comparison. Commands run in an empty directory of their own; `setup` is what `corpus` returned. */
export interface Job {
  readonly name: string;
  readonly aim: string;
  readonly corpus: (directory: string) => string;
  /** What is there before, for the one or the other. */
  readonly prepare?: (program: string, setup: string, who: 'ours' | 'peer') => string;
  readonly ours: (program: string, setup: string) => string;
  readonly peer: (setup: string, program: string) => string;
  /** What is done in the end, that nothing stands in the way of removing it all. */
  readonly clean?: string;
  /** Runs on a memory disk, so that the disk is not what is measured. */
  readonly memoryDisk?: boolean;
}

const unpackJob = (
  tree: string,
  aim: string,
  corpus = (directory: string): string => peerLayout(directory, tree),
): Job => ({
  name: `unpack-${tree}`,
  aim,
  corpus,
  memoryDisk: true,
  ours: (program, layout) => `${program} unpack ${layout}:base out`,
  peer: layout => `umoci unpack --image ${layout}:base out`,
});

/** The same layout as ours to change and umoci's to change: two bundles of the development tree, both edited alike. */
const commitJob = (name: string, aim: string, edit: string, extra = ''): Job => ({
  name,
  aim,
  corpus: directory => peerLayout(directory, 'dev'),
  memoryDisk: true,
  prepare: (program, layout) =>
    [
      `cp -r ${layout} ours`,
      `cp -r ${layout} theirs`,
      `${program} unpack ours:base a --bundle`,
      'umoci unpack --image theirs:base b',
      'sleep 1.1',
      `for bundle in a b; do (cd $bundle/rootfs && ${edit}); done`,
    ].join(' && '),
  ours: program => (extra === '' ? `${program} commit a ours:new` : `${program} commit a/rootfs ours:new ${extra}`),
  peer: () => 'umoci repack --image theirs:new b',
});

/** All libraries twice over, as a real installation adds them. */
const bigEdit = 'mkdir -p opt/more && for copy in 1 2; do cp -r usr/lib opt/more/$copy; done';

const importJob = (name: string, aim: string, peer: (tar: string) => string): Job => ({
  name,
  aim,
  corpus: directory => tarOf(directory, 'minbase'),
  memoryDisk: true,
  ours: (program, tar) => `${program} import ${tar} img:new`,
  peer,
});

/** The development tree's layout as an oci-archive, made by the peer. */
function archiveOf(directory: string): string {
  const archive = join(directory, 'dev-archive.tar');
  if (!existsSync(archive)) {
    must(
      'skopeo',
      'copy',
      '--quiet',
      `oci:${peerLayout(directory, 'dev')}:base`,
      `oci-archive:${archive}.partial:base`,
    );
    must('mv', `${archive}.partial`, archive);
  }
  return archive;
}

const validateJob = (name: string, aim: string, options: string, peer: (layout: string) => string): Job => ({
  name,
  aim,
  corpus: directory => peerLayout(directory, 'dev'),
  ours: (program, layout) => `${program} validate ${layout}${options}`,
  peer,
});

/** Everything of a layout: of the peers one only inflates the layers, the other only hashes the blobs. */
const validates: readonly Job[] = [
  validateJob(
    'validate-dev',
    '0.60',
    '',
    layout => `for blob in ${layout}/blobs/sha256/*; do zcat -f $blob; done > /dev/null`,
  ),
  validateJob('validate-fast-dev', '0.35', ' --fast', layout => `sha256sum ${layout}/blobs/sha256/*`),
];

/** Images between layouts and archives. */
const moves: readonly Job[] = [
  {
    name: 'export-dev',
    aim: '0.35',
    corpus: directory => peerLayout(directory, 'dev'),
    memoryDisk: true,
    ours: (program, layout) => `${program} export ${layout}:base -o out.tar`,
    peer: layout => `umoci raw unpack --image ${layout}:base d && tar -C d -cf out.tar .`,
  },
  {
    name: 'save-dev',
    aim: '0.50',
    corpus: directory => peerLayout(directory, 'dev'),
    memoryDisk: true,
    ours: (program, layout) => `${program} save ${layout}:base -o out.tar`,
    peer: layout => `skopeo copy --quiet oci:${layout}:base oci-archive:out.tar:base`,
  },
  {
    name: 'load-dev',
    aim: '0.50',
    corpus: archiveOf,
    memoryDisk: true,
    ours: (program, archive) => `${program} load -i ${archive} out`,
    peer: archive => `skopeo copy --quiet oci-archive:${archive}:base oci:out:base`,
  },
  {
    name: 'copy-dev',
    aim: '0.50',
    corpus: directory => peerLayout(directory, 'dev'),
    memoryDisk: true,
    ours: (program, layout) => `${program} copy ${layout}:base out:base`,
    peer: layout => `skopeo copy --quiet oci:${layout}:base oci:out:base`,
  },
  {
    name: 'copy-shared-dev',
    aim: '0.10',
    corpus: directory => peerLayout(directory, 'dev'),
    memoryDisk: true,
    prepare: (_program, layout) => `cp -r ${layout} img`,
    ours: program => `${program} copy img:base out:base`,
    peer: () => 'skopeo copy --quiet oci:img:base oci:out:base',
  },
  {
    name: 'history-archive',
    aim: '1.10',
    corpus: directory => `${archiveOf(directory)} ${peerLayout(directory, 'dev')}`,
    ours: (program, places) => `${program} history ${places.split(' ')[0]}:base`,
    peer: (places, program) => `${program} history ${places.split(' ')[1]}:base`,
  },
];

/** The bytes of a hole have to be hashed once, for the diffID: the peer does nothing else. */
const sparseJob = (name: string, job: Pick<Job, 'aim' | 'ours' | 'prepare'>): Job => ({
  name,
  corpus: directory => trees['sparse']?.(directory) ?? '',
  memoryDisk: true,
  peer: tree => `openssl dgst -sha256 ${tree}/data.bin`,
  ...job,
});

const sparse: readonly Job[] = [
  sparseJob('commit-sparse', { aim: '1.10', ours: (program, tree) => `${program} commit ${tree} img:new` }),
  sparseJob('unpack-sparse', {
    aim: '1.50',
    prepare: (program, tree) => `${program} commit ${tree} img:base`,
    ours: program => `${program} unpack img:base out --bundle`,
  }),
  sparseJob('diff-sparse', {
    aim: '1.50',
    prepare: (program, tree) => `${program} commit ${tree} img:base`,
    ours: (program, tree) => `${program} diff img:base ${tree}`,
  }),
];

const startJob = (name: string, command: string): Job => ({
  name: `start-${name}`,
  aim: '1.80',
  corpus: directory => peerLayout(directory, 'minbase'),
  prepare: (_program, layout) => `cp -r ${layout} img`,
  ours: program => `${program} ${command}`,
  peer: () => `${process.execPath} -e 0`,
});

const starts = [
  startJob('tag', 'tag img:base other'),
  startJob('history', 'history img:base'),
  startJob('images', 'images img'),
  startJob('inspect', 'inspect img:base'),
];

export const jobs: readonly Job[] = [
  unpackJob('minbase', '0.30'),
  unpackJob('dev', '0.28'),
  unpackJob('small', '0.20'),
  unpackJob('big', '0.35'),
  unpackJob('layers100', '0.30', layers100),
  {
    name: 'unpack-bsdtar-dev',
    aim: '1.00',
    corpus: directory => peerLayout(directory, 'dev'),
    memoryDisk: true,
    ours: (program, layout) => `${program} unpack ${layout}:base out`,
    peer: layout =>
      `mkdir out && for blob in $(ls -S ${layout}/blobs/sha256/* | head -1); do bsdtar -x -p -C out -f $blob; done`,
  },
  commitJob('commit-small', '0.10', smallEdit),
  commitJob('commit-content', '0.50', smallEdit, '--base ours:base'),
  commitJob('commit-more', '0.60', bigEdit),
  importJob(
    'import-minbase',
    '1.30',
    tar => `umoci init --layout l && umoci new --image l:x && umoci raw add-layer --image l:x ${tar}`,
  ),
  importJob('import-pigz', '0.50', tar => `pigz -6 -p2 -c ${tar} > out.gz`),
  {
    name: 'diff-images',
    aim: '0.15',
    corpus: twoImages,
    memoryDisk: true,
    ours: (program, layout) => `${program} diff ${layout}:base ${layout}:changed`,
    peer: layout =>
      `umoci unpack --image ${layout}:base a && umoci unpack --image ${layout}:changed b && (diff -rq --no-dereference a/rootfs b/rootfs || true)`,
  },
  ...moves,
  ...builds,
  ...changes,
  ...sparse,
  ...validates,
  ...looks,
  ...starts,
];

/** What CI prints: a synthetic tree of 3,000 files, no network. */
export const quickJobs: readonly Job[] = [
  unpackJob('quick', '0.30'),
  {
    name: 'commit-quick',
    aim: '0.50',
    corpus: directory => trees['quick']?.(directory) ?? '',
    ours: (program, tree) => `${program} commit ${tree} img:new`,
    peer: tree =>
      `umoci init --layout img && umoci new --image img:new && umoci unpack --image img:new b && cp -a ${tree}/. b/rootfs/ && umoci repack --image img:new b`,
  },
  ...starts.map(job => ({ ...job, corpus: (directory: string): string => peerLayout(directory, 'quick') })),
];
