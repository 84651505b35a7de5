import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { OciError } from '../../errors.ts';
import { moveFile } from '../disk/move-file.ts';
import { hasSidecar, sidecarOf } from './sidecar.ts';

/** The path of a directory's sidecar as who named the directory would write it; null where there is none. */
export const sidecarAt = (directory: string): string | null =>
  hasSidecar(resolve(directory)) ? sidecarOf(directory.replace(/(?<=[^/])\/+$/, '')) : null;

/**
 * Moves the sidecar of a directory in the making, where it has one, to where the directory is about to be; one of ocikit's that
 * lies there goes `aside` in any event: it belonged to what was there. Answers how to take that back. Throws `conflict` where
 * another file is in the way, unless `force` is given.
 */
export function moveSidecar(
  work: string,
  place: string,
  { aside, force }: { readonly aside: string; readonly force: boolean },
): () => void {
  const [from, to] = [sidecarOf(work), sidecarOf(resolve(place))];
  const [isNew, isOld] = [existsSync(from), existsSync(to)];
  const isOwn = isOld && hasSidecar(resolve(place));
  if (isNew && isOld && !isOwn && !force) {
    const hint = 'what the directory cannot show goes there; option force replaces it';
    throw new OciError('conflict', to, 'expected nothing or a sidecar of ocikit, got a file', { hint });
  }
  const isReplaced = isOwn || (isNew && isOld);
  if (isReplaced) moveFile(to, aside);
  if (isNew) moveFile(from, to);
  return () => {
    if (isNew) moveFile(to, from);
    if (isReplaced) moveFile(aside, to);
  };
}
