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

const oneFile = 'echo changed > context/tree/d0/s0/file-0.txt';

/** A Dockerfile over a Debian, and a context of 20,000 files, on the disk, as people build: what either writes there is a part of it. */
export const builds: readonly Job[] = [
  buildJob('first', { aim: '0.30', text: copies, before: 'nothing' }),
  buildJob('cold', { aim: '0.15', text: copies, before: 'base' }),
  buildJob('cached', { aim: '0.10', text: copies, before: 'same' }),
  buildJob('changed', { aim: '0.15', text: copies, before: 'same', change: oneFile }),
  buildJob('runs', { aim: '0.35', text: runs, before: 'base' }),
  buildJob('runs-cached', { aim: '0.10', text: runs, before: 'same' }),
];
