import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contextOf, peerLayout } from './corpus.ts';
import type { Job } from './jobs.ts';

const copies = 'FROM base\nCOPY tree /tree\nCMD ["sh"]\n';
const runs = `FROM base
COPY tree /tree
RUN echo hello > /hello && mkdir /made
RUN find /tree -type f | head -1000 | xargs cat > /all
RUN rm -rf /tree/d0 /tree/d1
CMD ["sh"]
`;

/** The context's path, and the layout's that the base is in. */
function corpusOf(text: string): Job['corpus'] {
  return directory => {
    const context = contextOf(directory);
    const dockerfiles = join(directory, 'dockerfiles');
    mkdirSync(dockerfiles, { recursive: true });
    const file = join(dockerfiles, text === runs ? 'runs' : 'copies');
    writeFileSync(file, text);
    return [context, file, peerLayout(directory, 'minbase')].join(' ');
  };
}

const ours = (program: string, setup: string): string => {
  const [, file, base] = setup.split(' ');
  const words = `build context -f ${file} -t img:x --build-context base=oci:${base}:base --quiet`;
  return `XDG_CACHE_HOME=$PWD/cache ${program} ${words}`;
};

/** buildah with a store of its own, whose mount is taken away at the end. */
const buildah = (words: string): string =>
  `buildah --root $PWD/store --runroot $PWD/runroot --storage-driver overlay ${words}`;
const bud = (setup: string): string =>
  buildah(`bud -q --layers --isolation chroot -t x -f ${setup.split(' ')[1]} context`);
const unmounted = '(umount $PWD/store/overlay 2>/dev/null || true)';

interface Built {
  readonly aim: string;
  readonly text: string;
  /** Whether the same has been built before, else only something small on the same base, so that either knows the base; `nothing`: ocikit does not. */
  readonly before: 'same' | 'base' | 'nothing';
  readonly change?: string;
}

/** What makes ocikit know the base, as buildah does that has it in its store, unpacked. */
const known = (program: string, setup: string): string => {
  const build = `XDG_CACHE_HOME=$PWD/cache ${program} build other -t other-img:x --build-context base=oci:${setup.split(' ')[2]}:base --quiet`;
  return `mkdir other && echo x > other/x && printf 'FROM base\\nRUN true\\n' > other/Dockerfile && ${build}`;
};

/** A copy of the context of its own, and the base in buildah's store; what was built before is there, and what has been changed since. */
const buildJob = (name: string, { aim, text, before, change = 'true' }: Built): Job => ({
  name: `build-${name}`,
  aim,
  corpus: corpusOf(text),
  prepare: (program, setup, who) => {
    const [context, , base] = setup.split(' ');
    const first = who === 'ours' ? ours(program, setup) : bud(setup);
    // buildah's own pull makes a name of the layout's path, which not every path can be.
    const stored = 'containers-storage:[overlay@$PWD/store+$PWD/runroot]docker.io/library/base:latest';
    const pulled = `skopeo copy -q oci:${base}:base "${stored}"`;
    const based = before === 'nothing' ? [] : [known(program, setup)];
    return [
      `cp -a ${context} context`,
      'sleep 0.1',
      ...(who === 'ours' ? based : [pulled]),
      ...(before === 'same' ? [first] : []),
      change,
    ].join(' && ');
  },
  ours,
  peer: setup => bud(setup),
  clean: unmounted,
});

/** Debian's client, as another in the PATH may be too new for Debian's daemon; and a daemon of its own, by BuildKit. */
const docker = 'DOCKER_BUILDKIT=1 $(ls /usr/bin/docker 2>/dev/null || echo docker) -H unix://$PWD/d/s';
const dockerBuild = (setup: string): string =>
  `${docker} build -q --network none -t x -f ${setup.split(' ')[1]} context`;
const dockerStarted = [
  'mkdir d',
  '(dockerd --data-root $PWD/d/data --exec-root $PWD/d/exec --pidfile $PWD/d/pid -H unix://$PWD/d/s --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs </dev/null >d/log 2>&1 &)',
  `(for try in $(seq 300); do ${docker} version && exit; sleep 0.1; done; tail -5 d/log >&2; exit 1)`,
].join(' && ');
const dockerStopped = [
  'if [ -e d/pid ]; then pid=$(cat d/pid); kill $pid; for try in $(seq 300); do kill -0 $pid 2>/dev/null || break; sleep 0.1; done; fi',
  `awk -v at="$PWD/" 'index($2, at) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount -l`,
].join('; ');

/** Everything is cached, for a daemon that runs already. */
const buildKitJob: Job = {
  name: 'build-cached-buildkit',
  aim: '1.00',
  corpus: corpusOf(copies),
  prepare: (program, setup, who) => {
    const [context, , base] = setup.split(' ');
    const loaded = `skopeo copy -q oci:${base}:base docker-archive:base.tar:base:latest && ${docker} load -q -i base.tar`;
    const first = who === 'ours' ? [ours(program, setup)] : [dockerStarted, loaded, dockerBuild(setup)];
    return [`cp -a ${context} context`, 'sleep 0.1', ...first].join(' && ');
  },
  ours,
  peer: dockerBuild,
  clean: dockerStopped,
};

const oneFile = 'echo changed > context/tree/d0/s0/file-0.txt';

/** A Dockerfile over a Debian, and a context of 20,000 files, on the disk, as people build: what either writes there is a part of it. */
export const builds: readonly Job[] = [
  buildJob('first', { aim: '0.30', text: copies, before: 'nothing' }),
  buildJob('cold', { aim: '0.15', text: copies, before: 'base' }),
  buildJob('cached', { aim: '0.10', text: copies, before: 'same' }),
  buildKitJob,
  buildJob('changed', { aim: '0.15', text: copies, before: 'same', change: oneFile }),
  buildJob('runs', { aim: '0.35', text: runs, before: 'base' }),
  buildJob('runs-cached', { aim: '0.10', text: runs, before: 'same' }),
];
