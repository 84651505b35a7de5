/** What may run programs, as it is typed. */
export const runnerChoices: readonly string[] = ['auto', 'nschroot', 'bwrap', 'runc', 'crun', 'chroot', 'none'];
