import { peerLayout } from './corpus.ts';
import type { Job } from './jobs.ts';

/** Reading all layers and proving them is what `validate` does, and whoever looks into an image has to: the rest is what looking costs. */
const lookJob = (name: string, command: string, aim: string): Job => ({
  name: `${name}-dev`,
  aim,
  corpus: directory => peerLayout(directory, 'dev'),
  ours: (program, layout) => `${program} ${command.replace('IMAGE', `${layout}:base`)} > out`,
  peer: (layout, program) => `${program} validate ${layout}:base`,
});

/** 100,000 files: how much memory a list of them takes is the column to look at, and a runtime that does nothing the measure. */
const listed: Job = {
  name: 'files-small',
  aim: '250 MiB',
  corpus: directory => peerLayout(directory, 'small'),
  ours: (program, layout) => `${program} files -R ${layout}:base > out`,
  peer: (layout, program) => `${program} validate ${layout}:base`,
};

export const looks: readonly Job[] = [
  lookJob('files', 'files -R IMAGE', '1.10'),
  lookJob('blame', 'blame IMAGE /etc/passwd', '1.10'),
  lookJob('analyze', 'analyze IMAGE', '1.10'),
  lookJob('packages', 'packages IMAGE', '1.10'),
  lookJob('cat', 'cat IMAGE /etc/debian_version', '1.10'),
  listed,
];
