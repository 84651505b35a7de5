import { usage } from '../errors.ts';

/** Pre-defined keys (image-spec annotations.md) and the ones that engines agree on. */
export const annotationKeys = {
  refName: 'org.opencontainers.image.ref.name',
  containerdName: 'io.containerd.image.name',
  /** Ours: the name that an entry of an index had until it was given to another image, or taken away. */
  formerName: 'ocikit.former-name',
  created: 'org.opencontainers.image.created',
  title: 'org.opencontainers.image.title',
  baseDigest: 'org.opencontainers.image.base.digest',
  baseName: 'org.opencontainers.image.base.name',
  dockerReferenceType: 'vnd.docker.reference.type',
} as const;

/** `key=value`; the value may be empty and may hold `=`. */
export function parseAnnotation(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw usage(`annotation '${text.slice(0, 64)}'`, 'expected KEY=VALUE, got no key or no value');
  return [text.slice(0, at), text.slice(at + 1)];
}
