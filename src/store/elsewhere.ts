import { existsSync } from 'node:fs';
import { unsupported, usage } from '../errors.ts';
import { tryReference } from '../spec/reference.ts';
import type { ImagePlace } from './image-place.ts';

/** What skopeo and its kin call places that need a network or a daemon, or that are no layout: how they begin, and skopeo's word for it. */
const transports: readonly (readonly [spelling: string, word: string])[] = [
  ['docker://', 'docker://'],
  ['registry:', 'docker://'],
  ['docker-daemon:', 'docker-daemon:'],
  ['containers-storage:', 'containers-storage:'],
  ['dir:', 'dir:'],
  ['atomic:', 'atomic:'],
  ['ostree:', 'ostree:'],
  ['sif:', 'sif:'],
  ['tarball:', 'tarball:'],
];

/** What skopeo only reads. */
const readOnly: readonly string[] = ['sif:', 'tarball:'];

/** What may be named so: what is read, or what is written. */
type Use = 'read' | 'write';

const exportLine = '`ocikit export IMAGE -o FILE.tar` writes the root filesystem as a tar';

/** skopeo's call for what ocikit does not do: it knows no network and no daemon. */
function skopeoLine(place: string, use: Use): string {
  return use === 'read'
    ? `\`skopeo copy ${place} oci:LAYOUT:NAME\` brings it into a layout`
    : `\`skopeo copy oci:LAYOUT:NAME ${place}\` brings an image of a layout there`;
}

/** Throws `unsupported` for text that names another tool's transport, unless a path of that very name is there. */
export function checkTransport(text: string, use: Use): void {
  const found = transports.find(([spelling]) => text.startsWith(spelling));
  if (found === undefined || existsSync(text) || existsSync(text.slice(0, text.indexOf(':')))) return;
  const [spelling, word] = found;
  const rest = text.slice(spelling.length).replace(/^\/\//, '');
  const isNobodys = use === 'write' && readOnly.includes(word);
  throw unsupported(text, 'a layout or an archive', `the transport ${spelling}`, {
    hint: isNobodys ? `skopeo only reads it; ${exportLine}` : skopeoLine(`${word}${rest}`, use),
  });
}

/** What there is to say where nothing is at a path that looks like a name in a registry. */
export function registryHint({ kind, path, name }: ImagePlace): string | undefined {
  const isPath = kind !== undefined || path.startsWith('.') || path.startsWith('/') || archiveName.test(path);
  const text = name === undefined ? path : `${path}:${name}`;
  const isOther = path.includes('/') && existsSync(path.slice(0, path.indexOf('/')));
  if (isPath || isOther || tryReference(text) === undefined) return undefined;
  return `an image is LAYOUT:NAME; of a registry, ${skopeoLine(`docker://${text}`, 'read')}`;
}

/** What an archive's file is called. */
export const archiveName: RegExp = /\.(?:tar|tgz|tar\.(?:gz|zst|xz|bz2))$/;
const registryName = /^(?:localhost|(?:\d{1,3}\.){3}\d{1,3}|(?:[a-z0-9-]+\.)+[a-z]{2,}|[a-z0-9.-]+(?=:))(?::\d+)?$/i;

/**
 * Holds the place of what would be a new layout to what it looks like: nobody means a directory by a file's name or by a
 * registry's. `oci:` and `./` before it say that one is meant. Throws `usage`.
 */
export function checkNewLayout(text: string, path: string): void {
  if (existsSync(path)) return;
  if (archiveName.test(path)) {
    const archive = `oci-archive:${path} or docker-archive:${path} is an archive that \`ocikit copy\` writes`;
    throw usage(text, 'expected a LAYOUT (a directory), got the name of a file', `${archive}, oci:${path} a layout`);
  }
  const kind = /^(rootfs|tar):/.exec(text)?.[1];
  if (kind !== undefined) throw usage(text, `expected a LAYOUT (a directory), got the kind '${kind}'`, exportLine);
  const [first = '', ...rest] = text.split('/');
  if (rest.length === 0 || !registryName.test(first) || existsSync(first)) return;
  const hint = `${skopeoLine(`docker://${text}`, 'write')}; ./${text} is a layout`;
  throw usage(text, 'expected a LAYOUT (a directory), got what looks like a name in a registry', hint);
}
