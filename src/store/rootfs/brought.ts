import { realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { notFound } from '../../errors.ts';
import type { Work } from '../../stream/pace.ts';
import type { Path } from '../../tree/node.ts';
import { encodeText } from '../../tree/path.ts';
import type { Brought } from '../../tree/put.ts';
import type { Selection } from '../../tree/selection.ts';
import { onDisk } from '../disk/system-error.ts';
import { openRootfsDirectory, type RootfsDirectory } from './directory.ts';

/** A file or a directory of the disk that is to be put into a tree, and where its bodies are read. */
export interface OpenedBrought extends Brought {
  readonly rootfs: RootfsDirectory;
  /** Where the node stands in its root filesystem. */
  readonly path: Path;
}

/**
 * Opens a file, or a directory with all that is selected in it (`DIR/.`: only its contents). What the path itself leads to is
 * meant, symbolic links in a directory stay. Throws `not-found`, and `conflict` where it cannot be read.
 */
export async function openBrought(
  source: string,
  { selection, ...work }: { readonly selection: Selection | undefined } & Work,
): Promise<OpenedBrought> {
  const find = (): Stats | undefined => statSync(source, { throwIfNoEntry: false });
  const found = onDisk(source, 'a file or a directory', find);
  if (found === undefined) throw notFound(source, 'a file or a directory');
  const name = encodeText(basename(resolve(source)));
  if (found.isDirectory()) {
    const rootfs = openRootfsDirectory(source, { selection, crossMounts: true, work });
    const isContents = name === '' || /(^|\/)\.{1,2}\/*$/.test(source);
    return { rootfs, path: '', node: await rootfs.tree(), name, isContents };
  }
  const real = onDisk(source, 'a file', () => realpathSync(source));
  const path = encodeText(basename(real));
  const only: Selection = { has: at => at === path, leads: () => false };
  const rootfs = openRootfsDirectory(dirname(real), { selection: only, work });
  const node = (await rootfs.tree()).children.get(path);
  if (node === undefined) throw notFound(source, 'a file that layers can hold');
  return { rootfs, path, node, name, isContents: false };
}
