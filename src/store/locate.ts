import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { invalid, notFound } from '../errors.ts';
import { onDisk } from './disk/system-error.ts';
import { checkNoStream } from './image-place.ts';
import { isBareLayout } from './layout/layout.ts';
import { type OpenedPlace, OpenPlaces } from './open-operand.ts';
import { isDirectory } from './open-source.ts';
import {
  checkOperand,
  type ImageOperand,
  type Operand,
  type ParsedOperand,
  parseOperand,
  type RootfsPlace,
} from './parse-operand.ts';

/** A root filesystem that is not an image: a directory or a tar. */
export type RootfsLocation =
  | { readonly kind: 'rootfs'; readonly directory: string }
  | { readonly kind: 'tar'; readonly path: string };

/** What an operand that may be a root filesystem is: where it is a place of images, that is open. */
export type Location =
  | ({ readonly kind: 'image' } & OpenedPlace)
  | { readonly kind: 'bundle'; readonly directory: string }
  | RootfsLocation;

/** Tells a directory by what lies in it. */
function kindOfDirectory(directory: string): 'image' | 'bundle' | 'rootfs' {
  const has = (name: string): boolean => existsSync(join(directory, name));
  onDisk(directory, 'a directory that can be read', () => closeSync(openSync(directory, 'r')));
  if (has('oci-layout')) return 'image';
  if (has('ocikit.json') && has('rootfs')) return 'bundle';
  return isBareLayout(directory) ? 'image' : 'rootfs';
}

/** A root filesystem that the user says is one, whatever it looks like. */
function rootfsAt({ kind, path }: RootfsPlace): RootfsLocation {
  const expected = kind === 'tar' ? 'a tar file' : 'a directory';
  if (!existsSync(path)) throw notFound(path, expected);
  if (isDirectory(path) !== (kind === 'rootfs'))
    throw invalid(path, expected, kind === 'tar' ? 'a directory' : 'a file');
  return kind === 'tar' ? { kind, path } : { kind, directory: path };
}

/** The root filesystem that an operand says outright. */
function saidRootfs(operand: Operand): RootfsPlace | undefined {
  if (typeof operand !== 'string')
    return operand.kind === 'rootfs' || operand.kind === 'tar' ? { kind: operand.kind, path: operand.path } : undefined;
  const kind = (['rootfs', 'tar'] as const).find(word => operand.startsWith(`${word}:`));
  if (kind === undefined) return undefined;
  const path = operand.slice(kind.length + 1);
  checkNoStream(operand, path);
  return { kind, path };
}

/** A whole text that is there is a path, whatever else it could say. */
function parseLocated(operand: ImageOperand): ParsedOperand {
  if (typeof operand !== 'string' || !existsSync(operand)) return parseOperand(operand, 'read');
  checkNoStream(operand, operand);
  return { subject: operand, place: { path: operand } };
}

/** Where on the disk an operand is. Throws `usage`. */
export function pathOfOperand(operand: Operand): string {
  return (saidRootfs(operand) ?? parseLocated(operand as ImageOperand).place).path;
}

async function imagesAt(parsed: ParsedOperand, places: OpenPlaces): Promise<Location> {
  return { kind: 'image', ...parsed, ...(await places.source(parsed.place)) };
}

/** What is at a path whose kind nobody said; what is compressed with what ocikit does not read can only be a tar. */
async function locateUnsaid(parsed: ParsedOperand, places: OpenPlaces): Promise<Location> {
  const { path } = parsed.place;
  if (isDirectory(path)) {
    const kind = kindOfDirectory(path);
    return kind === 'image' ? imagesAt(parsed, places) : { kind, directory: path };
  }
  const opened = await places.sourceIfAny(parsed.place);
  return opened === undefined ? { kind: 'tar', path } : { kind: 'image', ...parsed, ...opened };
}

/**
 * What an operand `ROOTFS|IMAGE` is: an image in a layout or an archive; a bundle (a directory that `unpack` wrote with its
 * config); any other directory or tar, which is a root filesystem. A file is told by the members of its tar. Throws `usage`,
 * `not-found` and `invalid`, and as opening does.
 */
export async function locate(operand: Operand, places: OpenPlaces = new OpenPlaces()): Promise<Location> {
  places.work.signal?.throwIfAborted();
  checkOperand(operand, 'operand');
  const said = saidRootfs(operand);
  if (said !== undefined) return rootfsAt(said);
  const parsed = parseLocated(operand as ImageOperand);
  const { kind, path, name, digest } = parsed.place;
  if (kind !== undefined) return imagesAt(parsed, places);
  if (!existsSync(path)) throw notFound(path, 'an image or a root filesystem');
  const found = await locateUnsaid(parsed, places);
  if (found.kind === 'image' || (name === undefined && digest === undefined)) return found;
  const got = found.kind === 'tar' ? 'a tar without images' : 'a directory without the file oci-layout';
  throw invalid(path, 'an image layout or an image archive', got);
}
