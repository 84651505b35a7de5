import type { JobMount } from '../../runner/job.ts';

const target = '/dev/apt.conf';
const content = new TextEncoder().encode('APT::Sandbox::User "root";\n');

/** What a program finds where nobody but root is: apt would become another user, unless this tells it not to. */
export const oneUser: { readonly mounts: readonly JobMount[]; readonly environment: readonly string[] } = {
  mounts: [{ kind: 'file', target, content, mode: 0o644, uid: 0, gid: 0 }],
  environment: [`APT_CONFIG=${target}`],
};

/** Variables with those for one user, where none of that name is there. */
export const forOneUser = (environment: readonly string[]): readonly string[] =>
  environment.some(entry => entry.startsWith('APT_CONFIG=')) ? environment : [...environment, ...oneUser.environment];
