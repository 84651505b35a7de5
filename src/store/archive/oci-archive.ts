import { notFound } from '../../errors.ts';
import { embeddedData } from '../../graph/embedded-data.ts';
import type { Holdings, ImageSource } from '../../graph/source.ts';
import { headerLimit, indexLimit } from '../../limits.ts';
import { algorithmOf, digestOf, encodedOf, parseDigest } from '../../spec/digest.ts';
import { parseJson } from '../../spec/document.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { parseIndex, parseLayoutHeader } from '../../spec/parse.ts';
import { readWhole } from '../../stream/read-whole.ts';
import { verified } from '../../stream/verified.ts';
import type { Region } from '../disk/region.ts';
import { holdingsIn } from '../layout/holdings.ts';
import type { Archive } from './archive.ts';

/** A small member whole. Throws `not-found`, and `invalid` where it is larger than `limit` bytes. */
export async function readMember(archive: Archive, name: string, limit: number): Promise<Uint8Array> {
  const subject = `${archive.subject}: ${name}`;
  const region = archive.find(name);
  if (region === undefined) throw notFound(subject, 'a file in the archive');
  return readWhole(() => archive.open(region), region, { limit, subject });
}

/** Blobs of an archive by their digests: `find` says where one is. What is embedded in a descriptor serves where it is not there. */
export function blobReader(
  archive: Archive,
  find: (descriptor: Descriptor) => Region | undefined,
): Omit<ImageSource, 'index'> {
  const subjectOf = ({ digest }: Descriptor): string => `${archive.subject}: blob ${digest}`;
  async function* open(descriptor: Descriptor): ReturnType<ImageSource['open']> {
    const subject = subjectOf(descriptor);
    const embedded = await embeddedData(descriptor, subject);
    const region = find(descriptor);
    if (region !== undefined) yield* verified(archive.open(region), descriptor, subject);
    else if (embedded === undefined) throw notFound(subject, 'a blob');
    else yield embedded;
  }
  return {
    subject: archive.subject,
    has: async descriptor => find(descriptor) !== undefined || typeof descriptor.data === 'string',
    open,
    fileOf(descriptor) {
      const region = archive.path === undefined ? undefined : find(descriptor);
      return region === undefined
        ? undefined
        : { path: archive.path as string, offset: region.offset, size: region.size };
    },
    read: (descriptor, limit) =>
      readWhole(() => open(descriptor), descriptor, { limit, subject: subjectOf(descriptor) }),
  };
}

/**
 * An image layout in a tar (image-spec image-layout.md), read where it lies. Throws `not-found` and `invalid` where
 * `oci-layout` or `index.json` is missing or damaged.
 */
export async function openOciArchive(archive: Archive): Promise<ImageSource> {
  const { subject } = archive;
  const header = `${subject}: oci-layout`;
  parseLayoutHeader(parseJson(await readMember(archive, 'oci-layout', headerLimit), header), header);
  const name = `${subject}: index.json`;
  const bytes = await readMember(archive, 'index.json', indexLimit);
  const value = parseIndex(parseJson(bytes, name), name);
  const mediaType = value.mediaType ?? mediaTypes.index;
  const document = { value, bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
  const find = (descriptor: Descriptor): Region | undefined => {
    const digest = parseDigest(descriptor.digest, subject);
    return archive.find(`blobs/${algorithmOf(digest)}/${encodedOf(digest)}`);
  };
  const holdings = async (): Promise<Holdings> => ({ ...holdingsIn(archive.filesBelow('blobs')), named: [] });
  return { ...blobReader(archive, find), holdings, index: async () => document };
}
