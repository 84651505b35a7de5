import { peerLayout } from './corpus.ts';
import type { Job } from './jobs.ts';

/** Reading all layers and proving them is what `validate` does, and whoever looks into an image has to: the rest is what looking costs. */
const lookJob = (tree: string, command: string, aim = '1.10'): Job => ({
  name: `${command.split(' ')[0]}-${tree}`,
  aim,
  corpus: directory => peerLayout(directory, tree),
  ours: (program, layout) => `${program} ${command.replace('IMAGE', `${layout}:base`)} > out`,
  peer: (layout, program) => `${program} validate ${layout}:base`,
});

export const looks: readonly Job[] = [
  lookJob('dev', 'files -R IMAGE'),
  lookJob('dev', 'blame IMAGE /etc/passwd'),
  lookJob('dev', 'analyze IMAGE'),
  lookJob('dev', 'packages IMAGE'),
  lookJob('dev', 'cat IMAGE /etc/debian_version'),
  // 100,000 files: how much memory a list of them takes is the column to look at, and a runtime that does nothing the measure.
  lookJob('small', 'files -R IMAGE', '250 MiB'),
];
