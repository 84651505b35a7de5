import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { EngineName } from '../image/engines/engine-rule.ts';
import { openBuildah, openPodman, openSkopeo, openUmoci, type Tool, withDocker } from './engines.ts';
import type { MadeDescriptor } from './layout-files.ts';
import { run } from './witness.ts';

/** A layout for engines, with the name of its image, and a tar of it that docker loads as well where it has an image. */
interface Offered {
  /** A directory for whatever an engine makes of it. */
  readonly place: string;
  readonly layout: string;
  readonly archive: string;
  /** The name that the image has there; an engine takes the only one where there is none. */
  readonly name?: string | undefined;
}

/** An engine of Debian's, with a store of its own. */
export interface Taker {
  readonly engine: EngineName;
  /** Takes an image in; throws the engine's last words where it refuses. */
  readonly take: (offered: Offered) => void;
  /** Drops what it has taken, so that nothing of one image stands in for what another lacks. */
  readonly forget: () => void;
}

const pathOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** docker's own list, of the first image. Where there is none, there is nothing to load. */
function writeDockerList(layout: string): void {
  try {
    const read = (path: string): unknown => JSON.parse(readFileSync(join(layout, path), 'utf8'));
    const { manifests } = read('index.json') as { readonly manifests: readonly MadeDescriptor[] };
    const { config, layers } = read(pathOf(manifests[0]?.digest ?? '')) as {
      readonly config: MadeDescriptor;
      readonly layers: readonly MadeDescriptor[] | null;
    };
    const Layers = (layers ?? []).map(({ digest }) => pathOf(digest));
    writeFileSync(
      join(layout, 'manifest.json'),
      JSON.stringify([{ Config: pathOf(config.digest), RepoTags: ['app:app'], Layers }]),
    );
  } catch {
    // It is about a document that is none.
  }
}

/** A tar of a layout, with docker's own list in it. */
export function offered(place: string, layout: string, name?: string): Offered {
  writeDockerList(layout);
  const archive = join(place, 'l.tar');
  run(place, 'tar', '-C', layout, '-cf', archive, '.');
  return { place, layout, archive, name };
}

const nothing = (): void => undefined;
const inLayout = ({ layout, name }: Offered): string => (name === undefined ? layout : `${layout}:${name}`);

function ofContainerd(ctr: Tool): Taker {
  const listed = (): readonly string[] => ctr(['images', 'ls', '-q']).toString().split('\n').filter(Boolean);
  return {
    engine: 'containerd',
    take: ({ archive }) => ctr(['images', 'import', '--snapshotter', 'overlayfs', archive]),
    forget() {
      const names = listed();
      if (names.length > 0) ctr(['images', 'rm', '--sync', ...names]);
    },
  };
}

function ofDocker(docker: Tool): Taker {
  return {
    engine: 'docker',
    take: ({ archive }) => docker(['load', '-q', '-i', archive]),
    forget: () => docker(['image', 'prune', '-af']),
  };
}

/** Those that need no daemon, each opened when its test runs. */
export const takers: Readonly<
  Record<'umoci' | 'skopeo' | 'podman' | 'buildah', (t: TestContext) => Taker | undefined>
> = {
  umoci(t) {
    const umoci = openUmoci(t);
    return (
      umoci && {
        engine: 'umoci',
        take: one => umoci(['unpack', '--image', `${one.layout}:${one.name ?? 'latest'}`, join(one.place, 'bundle')]),
        forget: nothing,
      }
    );
  },
  skopeo(t) {
    const skopeo = openSkopeo(t);
    return (
      skopeo && {
        engine: 'skopeo',
        take: one => skopeo(['copy', '-q', `oci:${inLayout(one)}`, `dir:${join(one.place, 'dir')}`]),
        forget: nothing,
      }
    );
  },
  podman(t) {
    const podman = openPodman(t);
    return (
      podman && {
        engine: 'podman',
        take: ({ archive }) => podman(['load', '-q', '-i', archive]),
        forget: () => podman(['rmi', '-af']),
      }
    );
  },
  buildah(t) {
    const buildah = openBuildah(t);
    // It names an image by its place, and names are in lower case.
    const layout = `/tmp/ocikit-buildah-${process.pid}`;
    t.after(() => rmSync(layout, { recursive: true, force: true }));
    return (
      buildah && {
        engine: 'buildah',
        take(one) {
          rmSync(layout, { recursive: true, force: true });
          cpSync(one.layout, layout, { recursive: true });
          buildah(['pull', '-q', `oci:${inLayout({ ...one, layout })}`]);
        },
        forget: () => buildah(['rmi', '-af']),
      }
    );
  },
};

/** Those of one daemon. */
export const withDaemonTakers = (t: TestContext, work: (takers: readonly Taker[]) => Promise<void>): Promise<void> =>
  withDocker(t, ({ docker, ctr }) => work([ofDocker(docker), ofContainerd(ctr)]));
