import { usage } from '../errors.ts';

/** What says elsewhere what kind of place a path is: ocikit's kinds and the transports of skopeo and its kin. */
const kinds =
  /^(oci|oci-archive|ocidir|oci-layout|docker|docker-archive|docker-daemon|containers-storage|registry|dir|rootfs|tar|tarball|sif|atomic|ostree):(?:\/\/)?(.*)$/s;

/**
 * A file or a directory that is to be written, as it was typed: it is a path and nothing else, so that neither a kind before it nor
 * `-` for a stream becomes a name on the disk. Throws `usage`.
 */
export function writtenPath(text: string, expected: 'a file' | 'a directory'): string {
  if (text === '-') throw usage(text, `expected ${expected}, got standard input or output`, './- is what is called so');
  const [, kind, path] = kinds.exec(text) ?? [];
  if (kind === undefined) return text;
  const meant = path === '' ? '' : `'${path}' is the path, `;
  throw usage(
    text,
    `expected ${expected}, got the kind '${kind}:' before one`,
    `${meant}./${text} is what is called so`,
  );
}
