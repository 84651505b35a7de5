import { readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { invalid } from '../errors.ts';
import { encodeJson, parseJson } from '../spec/document.ts';
import type { Descriptor } from '../spec/objects.ts';
import { parseDescriptor } from '../spec/parse.ts';
import type { FileNode, Tree } from '../tree/node.ts';
import { writeNewFile } from './atomic.ts';
import { readStatIndex, type StatIndex, writeStatIndex } from './stat-index.ts';
import { onDisk } from './system-error.ts';

/** A directory that `unpack --bundle` wrote: `config.json` and `rootfs/` (runtime-spec), and what they were unpacked from. */
export interface Bundle {
  readonly directory: string;
  readonly rootfs: string;
  /** The layout's path, and the manifest in it. */
  readonly layout: string;
  readonly manifest: Descriptor;
  /** What the bundle was; undefined where that is lost, and contents are compared. */
  readonly index: () => StatIndex | undefined;
}

const sideFile = 'ocikit.json';
const indexFile = 'ocikit.index';

export interface BundleContents {
  readonly runtimeConfig: object;
  readonly layout: string;
  readonly manifest: Descriptor;
  readonly tree: Tree;
  readonly digests: ReadonlyMap<FileNode, string>;
}

/** Writes the files beside `rootfs/`. `work` is where the bundle lies now, `place` where it will lie. */
export function writeBundle(work: string, place: string, contents: BundleContents): void {
  const layout = relative(resolve(place), resolve(contents.layout));
  const side = { version: 1, layout, manifest: contents.manifest };
  writeNewFile(join(work, 'config.json'), encodeJson(contents.runtimeConfig, 2));
  writeNewFile(join(work, sideFile), encodeJson(side, 2));
  writeStatIndex(join(work, indexFile), join(work, 'rootfs'), contents.tree, contents.digests);
}

/** Opens a bundle. Throws `invalid` where its side file is damaged; the stat index is a cache and may be. */
export function openBundle(directory: string): Bundle {
  const path = join(directory, sideFile);
  const json = parseJson(
    onDisk(path, 'a bundle', () => readFileSync(path)),
    path,
  );
  const side = (json !== null && typeof json === 'object' && !Array.isArray(json) ? json : {}) as Record<
    string,
    unknown
  >;
  if (side['version'] !== 1 || typeof side['layout'] !== 'string') {
    throw invalid(path, 'version 1 and the path of a layout', 'something else');
  }
  const layout = isAbsolute(side['layout']) ? side['layout'] : join(directory, side['layout']);
  return {
    directory,
    rootfs: join(directory, 'rootfs'),
    layout,
    manifest: parseDescriptor(side['manifest'] as Parameters<typeof parseDescriptor>[0], `${path}: manifest`),
    index: () => readStatIndex(join(directory, indexFile)),
  };
}
