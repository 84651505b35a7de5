import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerEntry } from '../tree/node.ts';
import { blobFile, layerTar, type MadeDescriptor, putImage, putJson, putName } from './layout-files.ts';

/** A layout with one thing wrong with it: made in an empty layout, whose path it is given. */
interface FindingCase {
  readonly make: (layout: string) => void;
  /** The place that has it, where it is not the layout itself. */
  readonly place?: (layout: string) => string;
  /** Codes of findings that cannot but come with it. */
  readonly also?: readonly string[];
}

export type FindingCases = Readonly<Record<string, FindingCase>>;

type Fields = Readonly<Record<string, unknown>>;

const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() };

/** A file of one byte. */
export const fileAt = (path: string): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'file', meta, size: 1, content: { source: 'test', member: 1 } },
});

export const plainTar: Uint8Array = layerTar([fileAt('file')]);

/** An image of one plain layer whose config, or manifest, has these fields, with the name `app`. */
export function putPlain(
  layout: string,
  { config = {}, manifest = {} }: { readonly config?: Fields; readonly manifest?: Fields } = {},
): MadeDescriptor {
  const image = putImage(layout, { layers: [{ tar: plainTar }], config, manifest });
  putName(layout, 'app', image);
  return image;
}

const indexFile = (layout: string): string => join(layout, 'index.json');

/** Changes index.json, or its first entry. */
export function changeIndex(layout: string, change: (index: Fields) => Fields): void {
  const file = indexFile(layout);
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
}

export const changeEntry = (layout: string, more: Fields): void =>
  changeIndex(layout, index => ({
    ...index,
    manifests: (index['manifests'] as Fields[]).map((entry, at) => (at === 0 ? { ...entry, ...more } : entry)),
  }));

/** The manifest that the layout's first entry leads to. */
export function manifestIn(
  layout: string,
): Fields & { readonly layers: readonly MadeDescriptor[]; readonly config: MadeDescriptor } {
  const { manifests } = JSON.parse(readFileSync(indexFile(layout), 'utf8')) as { manifests: MadeDescriptor[] };
  const digest = manifests[0]?.digest ?? '';
  return JSON.parse(readFileSync(blobFile(layout, digest), 'utf8'));
}

/** A plain image whose manifest has been changed. */
export function putChanged(layout: string, change: (manifest: ReturnType<typeof manifestIn>) => object): void {
  const { mediaType, platform, digest: before } = putPlain(layout);
  const { digest, size } = putJson(layout, mediaType, change(manifestIn(layout)));
  rmSync(blobFile(layout, before));
  changeEntry(layout, { digest, size, platform });
}
