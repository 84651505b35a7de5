import type { Job } from './job.ts';

/** What a run may do here. */
export interface Isolation {
  /** It is in a user namespace: overlayfs keeps its marks in user attributes, and sysfs cannot be mounted. */
  readonly isInNamespace: boolean;
  /** There is nobody but root in it, so that no groups can be set. */
  readonly hasOneID: boolean;
  /** It has a namespace of processes of its own. */
  readonly hasPids: boolean;
}

/** What may be asked for: one of them, the best that works here, or none at all. Every command knows these words, and few load the runners. */
export const runnerChoices = ['auto', 'nschroot', 'bwrap', 'runc', 'crun', 'chroot', 'none'] as const;
export type RunnerChoice = (typeof runnerChoices)[number];
export type RunnerName = Exclude<RunnerChoice, 'auto' | 'none'>;

/** A way to run a program in a root filesystem. */
export interface Runner {
  readonly name: RunnerName;
  /** The programs of the host that it needs. */
  readonly programs: readonly string[];
  /** Whether it has a namespace of processes of its own, so that all of them end with the first. */
  readonly hasPids: boolean;
  /** A script for the shell that is the first process of the run's own namespaces. */
  readonly script: (job: Job, isolation: Isolation) => string;
}
