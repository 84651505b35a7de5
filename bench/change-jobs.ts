import { layers100, peerLayout, twoImages } from './corpus.ts';
import type { Job } from './jobs.ts';

/** A small change of an image costs little more than a new name: the peer is ocikit's own `tag`. */
const editJob = (name: string, command: string): Job => ({
  name: `edit-${name}`,
  aim: '1.30',
  corpus: directory => peerLayout(directory, 'minbase'),
  prepare: (program, layout) => `cp -r ${layout} img && ${program} tag img:base second`,
  ours: program => `${program} ${command}`,
  peer: (_layout, program) => `${program} tag img:base other`,
});

const edits: readonly Job[] = [
  editJob('config', "config img:base -c 'ENV A=b' --unset env:B --annotation a=b -t other"),
  editJob('index', 'index create img:other img:base img:second'),
];

/** All layers of an image become one. */
const squashJob = (name: string, corpus: Job['corpus'], image: string): Job => ({
  name: `squash-${name}`,
  aim: '0.50',
  corpus,
  memoryDisk: true,
  ours: (program, layout) => `${program} squash ${layout}:${image} -o out:base`,
  peer: layout =>
    `umoci raw unpack --image ${layout}:${image} d && tar -C d -cf d.tar . && umoci init --layout out && umoci new --image out:base && umoci raw add-layer --image out:base d.tar`,
});

const squashes: readonly Job[] = [squashJob('dev', twoImages, 'changed'), squashJob('layers100', layers100, 'base')];

const convertJob: Job = {
  name: 'convert-zstd-dev',
  aim: '0.50',
  corpus: directory => peerLayout(directory, 'dev'),
  memoryDisk: true,
  ours: (program, layout) => `${program} convert ${layout}:base --compression zstd -o out:base`,
  peer: layout => `skopeo copy --quiet --dest-compress-format zstd oci:${layout}:base oci:out:base`,
};

/** Images changed. */
export const changes: readonly Job[] = [convertJob, ...squashes, ...edits];
