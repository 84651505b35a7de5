import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportImage } from '../ops/export-image.ts';
import { save } from '../ops/save.ts';
import { unpack } from '../ops/unpack.ts';
import type { LayerEntry } from '../tree/node.ts';
import { layerTar, makeLayout, putImage, putIndex, putName } from './layout-files.ts';
import { directory, entryOf, symlink, textFile } from './scripts.ts';

/** What an operand may be. `multi` is an image of two platforms in a layout; `layout` a layout without a name. */
export type OperandKind =
  | 'image'
  | 'multi'
  | 'layout'
  | 'oci-archive'
  | 'docker-archive'
  | 'rootfs'
  | 'tar'
  | 'bundle'
  | 'nothing';

/** What a verb is called with: texts as a user writes them. */
export interface Operands {
  /** What is read; the layout itself where a verb changes it in place. */
  readonly source: string;
  /** An image in a layout: the base of a commit, the other side of a diff. */
  readonly base: string;
  /** A path where the result goes; nothing is there, unless a test says so. */
  readonly out: string;
}

/** A directory with one of everything, all of it made of the same image `app`. */
export interface PreparedPlace {
  readonly directory: string;
  /** The layout: `base` (one layer), `app` (three), `multi` (two platforms). */
  readonly layout: string;
  readonly operands: (kind: OperandKind, out?: string) => Operands;
}

const textOf = (source: string): Uint8Array => Buffer.from(source.slice('text '.length));
const file = (path: string, content: string): LayerEntry => ({ kind: 'node', path, node: textFile(content) });

/** Three layers with whiteouts, an opaque directory, hardlinks inside a layer and across two, symlinks and a replaced type. */
const layers: readonly (readonly LayerEntry[])[] = [
  [
    { kind: 'node', path: 'etc', node: directory() },
    file('etc/gone', 'gone\n'),
    file('etc/motd', 'hello\n'),
    { kind: 'node', path: 'lib', node: directory(0o750) },
    file('lib/one', 'x'.repeat(5000)),
    { kind: 'hardlink', path: 'lib/two', target: 'lib/one' },
    { kind: 'node', path: 'link', node: symlink('etc/motd') },
    { kind: 'node', path: 'var', node: directory() },
    file('var/old', 'old\n'),
  ],
  [
    { kind: 'node', path: 'etc', node: directory() },
    entryOf({ type: 'file', path: 'etc/.wh.gone' }),
    file('etc/motd', 'hello, world\n'),
    { kind: 'node', path: 'var', node: directory(0o700) },
    { kind: 'opaque', path: 'var' },
    file('var/new', 'new\n'),
  ],
  [
    { kind: 'node', path: 'lib', node: directory(0o750) },
    file('lib/two', 'a file of its own now\n'),
    { kind: 'node', path: 'link', node: textFile('no link any more\n', 0o600) },
  ],
];

const tarOfTexts = (entries: readonly LayerEntry[]): Uint8Array =>
  layerTar(entries, node => textOf(node.content.source));

/** The tars of the image `app` where nobody gives others, the lowest first. */
export const preparedTars: readonly Uint8Array[] = layers.map(tarOfTexts);

function fillLayout(layout: string, tars: readonly Uint8Array[]): void {
  const made = tars.map(tar => ({ tar }));
  const [amd64, arm64] = ['amd64', 'arm64'].map(architecture => putImage(layout, { layers: made, architecture }));
  if (amd64 === undefined || arm64 === undefined) return;
  putName(layout, 'base', putImage(layout, { layers: made.slice(0, 1) }));
  putName(layout, 'app', amd64);
  putName(layout, 'multi', putIndex(layout, [amd64, arm64]));
}

interface PlaceOptions {
  /** The uncompressed tars of `app`'s layers, the lowest first; small made-up ones when absent. */
  readonly tars?: readonly Uint8Array[];
}

/** Makes a place in an empty directory. A bundle and a root filesystem have changed a little since they were unpacked. */
export async function preparePlace(place: string, options: PlaceOptions = {}): Promise<PreparedPlace> {
  const layout = makeLayout(join(place, 'img'));
  fillLayout(layout, options.tars ?? preparedTars);
  const app = `${layout}:app`;
  await save([app], join(place, 'oci.tar'), { format: 'oci' });
  await save([app], join(place, 'docker.tar'), { format: 'docker' });
  await exportImage(app, join(place, 'rootfs.tar'));
  await unpack(app, join(place, 'rootfs'));
  await unpack(app, join(place, 'bundle'), { bundle: true });
  for (const rootfs of ['rootfs', 'bundle/rootfs']) {
    mkdirSync(join(place, rootfs, 'added'));
    writeFileSync(join(place, rootfs, 'added/file'), 'added\n');
    // The same image wherever and whenever it is made.
    for (const path of ['added/file', 'added', '.'])
      utimesSync(join(place, rootfs, path), 1_700_000_000, 1_700_000_000);
  }
  const sources: Readonly<Record<OperandKind, string>> = {
    image: app,
    multi: `${layout}:multi`,
    layout,
    'oci-archive': join(place, 'oci.tar'),
    'docker-archive': join(place, 'docker.tar'),
    rootfs: join(place, 'rootfs'),
    tar: join(place, 'rootfs.tar'),
    bundle: join(place, 'bundle'),
    nothing: '',
  };
  const operands = (kind: OperandKind, out = join(place, 'out')): Operands => ({
    source: sources[kind],
    base: app,
    out,
  });
  return { directory: place, layout, operands };
}
