import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { invalid } from '../../errors.ts';
import { sideFileLimit } from '../../limits.ts';
import { encodeJson, parseJson } from '../../spec/document.ts';
import type { Descriptor, Json } from '../../spec/objects.ts';
import { parseDescriptor } from '../../spec/parse.ts';
import { Pace } from '../../stream/pace.ts';
import type { FileNode, Tree } from '../../tree/node.ts';
import type { Parts } from '../../tree/parts.ts';
import { writeNewFile } from '../disk/atomic.ts';
import { onDisk } from '../disk/system-error.ts';
import { readStatIndex, type StatIndex, writingStatIndex } from './stat-index.ts';

/** A directory that `unpack --bundle` wrote: `config.json` and `rootfs/` (runtime-spec), and what they were unpacked from. */
export interface Bundle {
  readonly directory: string;
  readonly rootfs: string;
  /** The layout's path, and the manifest in it: its annotations hold the image's name, `platform` its platform. */
  readonly layout: string;
  readonly manifest: Descriptor;
  /** What the bundle was, read in parts; undefined where that is lost, and contents are compared. */
  readonly index: () => Parts<StatIndex | undefined>;
}

/** What a bundle was unpacked from, or what was made of it last. */
export const sideFile = 'ocikit.json';
export const indexFile = 'ocikit.index';
const version = 1;

interface BundleContents {
  readonly runtimeConfig: object;
  readonly layout: string;
  readonly manifest: Descriptor;
  readonly tree: Tree;
  /** Ends the writing. */
  readonly signal?: AbortSignal | undefined;
  readonly digests: ReadonlyMap<FileNode, string>;
}

/** A path without symlinks, as far as it is there: `..` in a relative path means the directory that is really above. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** The side file of a bundle that lies, or will lie, at `place`. */
export function sideBytes(
  place: string,
  { layout, manifest }: { readonly layout: string; readonly manifest: Descriptor },
): Uint8Array {
  const absolute = resolve(place);
  const from = join(realPath(dirname(absolute)), basename(absolute));
  return encodeJson({ version, layout: relative(from, realPath(layout)), manifest }, 2);
}

/** Writes the files beside `rootfs/`. `work` is where the bundle lies now, `place` where it will lie. */
export async function writeBundle(work: string, place: string, contents: BundleContents): Promise<void> {
  const { manifest } = contents;
  onDisk(place, 'a place for a bundle', () => {
    writeNewFile(join(work, 'config.json'), encodeJson(contents.runtimeConfig, 2));
    writeNewFile(join(work, sideFile), sideBytes(place, contents));
  });
  const { tree, digests } = contents;
  const written = { root: join(work, 'rootfs'), tree, digests, of: manifest.digest };
  await new Pace(contents.signal).run(writingStatIndex(join(work, indexFile), written));
}

function readSideFile(path: string): Readonly<Record<string, Json | undefined>> {
  const bytes = onDisk(path, 'a bundle', () => {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) throw invalid(path, 'a file', 'something else');
      if (stat.size > sideFileLimit) throw invalid(path, `at most ${sideFileLimit} bytes`, `${stat.size}`);
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  });
  const json = parseJson(bytes, path);
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    throw invalid(path, 'an object', 'another value');
  return json as Readonly<Record<string, Json | undefined>>;
}

/** The bundle whose root filesystem a directory is, as who named that would write it. */
export function bundleOfRootfs(directory: string): string | undefined {
  const above = join(directory, '..');
  const isRootfs = basename(resolve(directory)) === 'rootfs' && existsSync(join(above, sideFile));
  return isRootfs ? above : undefined;
}

/** Opens a bundle. Throws `invalid` where its side file is damaged; the stat index is a cache and may be. */
export function openBundle(directory: string): Bundle {
  const path = join(directory, sideFile);
  const side = readSideFile(path);
  const layout = side['layout'];
  if (side['version'] !== version) throw invalid(path, `version ${version}`, `${side['version'] ?? 'none'}`);
  if (typeof layout !== 'string' || layout === '') throw invalid(path, 'the path of a layout', 'none');
  const manifest = parseDescriptor(side['manifest'] as Parameters<typeof parseDescriptor>[0], `${path}: manifest`);
  return {
    directory,
    rootfs: join(directory, 'rootfs'),
    layout: isAbsolute(layout) ? layout : join(realPath(directory), layout),
    manifest,
    index: () => readStatIndex(join(directory, indexFile), manifest.digest),
  };
}
