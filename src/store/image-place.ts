import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { usage } from '../errors.ts';
import { operandLimit } from '../limits.ts';
import { checkName } from '../spec/name.ts';
import { checkNewLayout, checkTransport } from './elsewhere.ts';

/** Where an operand says that an image is, before anything has been opened. */
export interface ImagePlace {
  /** Absent where the operand does not say, and what is at the path decides. */
  readonly kind?: 'oci' | 'oci-archive' | 'docker-archive';
  readonly path: string;
  readonly name?: string;
  /** A digest or the beginning of one (`sha256:4413`, `4413`). */
  readonly digest?: string;
}

const prefixes: readonly (readonly [string, NonNullable<ImagePlace['kind']>])[] = [
  ['ocidir://', 'oci'],
  ['oci-layout://', 'oci'],
  ['oci://', 'oci'],
  ['oci:', 'oci'],
  ['oci-archive:', 'oci-archive'],
  ['docker-archive:', 'docker-archive'],
];

const digestAtEnd = /@((?:[a-z0-9]+(?:[+._-][a-z0-9]+)*:)?[0-9a-f]+)$/;

/** Whether text is a digest or the beginning of one. */
export const isDigestPrefix = (text: string): boolean => digestAtEnd.exec(`@${text}`)?.[1] === text;

/** PATH ends at the last `:` or `@` before which a path exists, else (nothing there yet) before a digest and at the first `:`. */
function pathEnd(text: string): number {
  if (existsSync(text)) return text.length;
  for (let end = text.length - 1; end > 0; end--) {
    const isSeparator = text[end] === ':' || text[end] === '@';
    if (isSeparator && existsSync(text.slice(0, end))) return end;
  }
  const named = text.indexOf(':');
  const digest = digestAtEnd.exec(text)?.index ?? text.length;
  return named < 0 ? digest : Math.min(named, digest);
}

function splitName(rest: string, subject: string): Pick<ImagePlace, 'name' | 'digest'> {
  if (rest === '') return {};
  const found = digestAtEnd.exec(rest);
  const name = (found === null ? rest : rest.slice(0, found.index)).slice(1);
  const isNamed = rest.startsWith(':');
  if (isNamed && name === '') throw usage(subject, "expected a name after ':', got nothing");
  if (!isNamed && (found === null || found.index > 0)) {
    throw usage(
      subject,
      `expected a digest after '@', got '${rest.slice(1)}'`,
      'a digest is sha256:… or its first digits',
    );
  }
  return { ...(isNamed ? { name } : {}), ...(found?.[1] === undefined ? {} : { digest: found[1] }) };
}

/** Throws `usage` for text that can name nothing. */
export function checkText(text: string): void {
  if (text === '') throw usage("''", 'expected a path, got nothing');
  if (text.includes('\0')) throw usage(text.replaceAll('\0', '\\0'), 'expected a path, got a NUL byte');
  if (text.length > operandLimit)
    throw usage(`${text.slice(0, 40)}…`, `expected at most ${operandLimit} characters, got ${text.length}`);
}

/** Throws `usage` where a path is `-`: that is a stream to everybody who types it, and never a file of that name. */
export function checkNoStream(text: string, path: string): void {
  if (path !== '-') return;
  throw usage(text, 'expected a path, got standard input or output', './- is what is called so');
}

/**
 * Takes `[KIND:]PATH[:NAME][@DIGEST]` apart. PATH ends at the last `:` before which a path exists, else at the first.
 * For writing, a missing name is `latest`. Throws `usage`.
 */
export function parseImagePlace(text: string, use: 'read' | 'write'): ImagePlace {
  checkText(text);
  checkTransport(text, use);
  const prefix = prefixes.find(([spelling]) => text.startsWith(spelling));
  const located = prefix === undefined ? text : text.slice(prefix[0].length);
  const end = pathEnd(located);
  const path = located.slice(0, end);
  if (path === '') throw usage(text, 'expected a path, got nothing', 'an image is PATH[:NAME][@DIGEST]');
  checkNoStream(text, path);
  const named = splitName(located.slice(end), text);
  if (use === 'write' && prefix === undefined) checkNewLayout(text, path);
  return forUse({ ...(prefix === undefined ? {} : { kind: prefix[1] }), path, ...named }, { use, subject: text });
}

/** What is written has no digest yet, and is `latest` where nobody names it. */
export function forUse(place: ImagePlace, { use, subject }: { use: 'read' | 'write'; subject: string }): ImagePlace {
  if (use === 'read') return place;
  if (place.digest !== undefined) throw usage(subject, `expected a name to write, got the digest ${place.digest}`);
  return { ...place, name: newName(place.path, place.name ?? 'latest') };
}

/** A name that is new in a layout. Throws `usage` for one that nothing could be called, and for one that begins with the layout's own path. */
export function newName(path: string, name: string): string {
  const own = resolve(path);
  for (let colon = name.indexOf(':'); colon >= 0; colon = name.indexOf(':', colon + 1)) {
    if (colon === 0 || resolve(name.slice(0, colon)) !== own) continue;
    const meant = name.slice(colon + 1);
    throw usage(
      `name '${name}'`,
      "expected a name inside the layout, got the layout's own path before it",
      `'${meant}' names it`,
    );
  }
  return checkName(name);
}

/** The last part of a place's path: what a layout is called. */
export function baseNameOf(path: string): string {
  return basename(resolve(path));
}
