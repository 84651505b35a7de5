import type { DiffID, Digest } from '../spec/digest.ts';
import { digestOf, encodedOf } from '../spec/digest.ts';
import { encodeJson } from '../spec/document.ts';
import type { OsRelease } from './os-release.ts';
import type { Package } from './package.ts';
import { printPurl } from './purl.ts';

/** A package as a bill of materials lists it. */
export interface SbomPackage {
  readonly found: Package;
  readonly purl: string;
  readonly layer: { readonly digest: Digest; readonly diffID: DiffID } | undefined;
}

/** What a bill of materials is of. */
export interface SbomSubject {
  readonly name: string;
  /** The manifest's; undefined for what is no image. */
  readonly digest: Digest | undefined;
  readonly architecture: string | undefined;
  /** RFC 3339 in whole seconds, UTC. */
  readonly created: string;
  readonly system: OsRelease;
  readonly packages: readonly SbomPackage[];
}

/** An image's package URL; undefined for what is no image. */
export function imagePurl({ name, digest, architecture }: SbomSubject): string | undefined {
  if (digest === undefined) return undefined;
  const repository = name.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  return printPurl({
    type: 'oci',
    name: repository.slice(repository.lastIndexOf('/') + 1),
    version: digest,
    qualifiers: { arch: architecture },
  });
}

/** Who made the system; undefined where it says nothing. */
export function systemOf(system: OsRelease): { readonly name: string; readonly version: string } | undefined {
  const name = system.get('ID');
  return name === undefined ? undefined : { name, version: system.get('VERSION_ID') ?? '' };
}

/** A UUID of the bytes of a document: the same for the same contents (RFC 9562, version 8). */
export function uuidOf(document: unknown): string {
  const hex = encodedOf(digestOf(encodeJson(document)));
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Keys that are all different: one that came before gets its number. */
export class DistinctKeys {
  readonly #counts = new Map<string, number>();

  take(key: string): string {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count === 1 ? key : this.take(`${key}#${count}`);
  }
}
