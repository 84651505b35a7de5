import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeListing, encodeListing } from '../graph/listing-file.ts';
import type { KeptListings } from '../graph/rootfs-image.ts';
import { statIndexLimit } from '../limits.ts';
import { digestOf, encodedOf } from '../spec/digest.ts';
import { jsonText } from '../spec/document.ts';
import type { Layer } from '../spec/objects.ts';
import { Pace, type Work } from '../stream/pace.ts';
import { isOwn, makeOwnDirectory } from './disk/own-directory.ts';
import { forgiving, keepOwnFile, readOwnFile } from './own-cache.ts';

/** Layers of less (bytes of the tar) are read as quickly. */
const worthKeeping = 1 << 20;

/** What is known of layers in a directory of the user's own, one file a layer. A dry run keeps nothing. */
export function openKeptListings(
  cache: string,
  { signal, dryRun }: Pick<Work, 'signal'> & { readonly dryRun?: boolean | undefined },
): KeptListings {
  return {
    find: layer =>
      forgiving(async () => {
        if (!isOwn(lstatSync(cache))) return undefined;
        const bytes = readOwnFile(join(cache, nameOf(layer)), statIndexLimit);
        return bytes && (await new Pace(signal).run(decodeListing(bytes, layer.diffID)));
      }),
    async keep(layer, listing) {
      if (dryRun === true || listing.size < worthKeeping) return;
      await forgiving(async () => {
        makeOwnDirectory(cache);
        const bytes = await new Pace(signal).run(encodeListing(listing, layer.diffID));
        await keepOwnFile(cache, nameOf(layer), async staged => writeFileSync(staged, bytes, { mode: 0o600 }));
      });
    },
  };
}

/** The file of a blob, as what it is read, and of the diffID that it was proved to have. */
function nameOf({ descriptor, diffID }: Layer): string {
  const text = jsonText([descriptor.mediaType, descriptor.digest, diffID]);
  return encodedOf(digestOf(new TextEncoder().encode(text)));
}
