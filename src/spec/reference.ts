import { invalid, usage } from '../errors.ts';
import { repositoryLimit } from '../limits.ts';
import { isDigest } from './digest.ts';

/** A name as registries and engines spell it, normalised: `ubuntu` is docker.io's library/ubuntu. */
export interface Reference {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domainPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?$`);
const pathPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;

/** Whether text is a tag as docker's. */
export const isTag = (text: string): boolean => tagPattern.test(text);

const lengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

function isWholeDigest(digest: string): boolean {
  const [algorithm = '', encoded = ''] = digest.split(':');
  return (
    isDigest(digest) &&
    Object.hasOwn(lengths, algorithm) &&
    encoded.length === lengths[algorithm] &&
    /^[a-f0-9]+$/.test(encoded)
  );
}

/** Splits what comes before the first slash off where it is a domain: it has a dot, a colon or a capital, or is localhost. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  const domain = !isDomain || first === 'index.docker.io' ? 'docker.io' : first;
  const path = isDomain ? name.slice(slash + 1) : name;
  return { domain, path: domain === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}

/**
 * Parses a reference by the grammar that docker and containerd share, normalised. No tag is added.
 * Errors are `invalid` and worded as docker's.
 */
export function parseReference(text: string): Reference {
  const shown = text.slice(0, 128);
  const bad = (got: string): Error => invalid(`'${shown}'`, 'a reference ([DOMAIN/]PATH[:TAG][@DIGEST])', got);
  if (/^[a-f0-9]{64}$/.test(text)) throw bad('a name of 64 hexadecimal characters, which cannot be told from an ID');
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  if (digest !== undefined && !isWholeDigest(digest)) throw bad('an invalid digest');
  const colon = named.lastIndexOf(':');
  const tag = colon > named.lastIndexOf('/') ? named.slice(colon + 1) : undefined;
  const { domain, path } = splitDomain(tag === undefined ? named : named.slice(0, colon));
  if (path !== path.toLowerCase())
    throw bad(`an invalid reference format: repository name (${path.slice(0, 64)}) must be lowercase`);
  if (!domainPattern.test(domain) || !pathPattern.test(path)) throw bad('an invalid reference format');
  if (path.length > repositoryLimit) throw bad(`a repository name of more than ${repositoryLimit} characters`);
  if (tag !== undefined && !isTag(tag)) throw bad(`an invalid tag '${tag.slice(0, 32)}'`);
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** The reference, or undefined where the text is none. */
export function tryReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

/**
 * `docker.io/library/ubuntu:latest`: everything spelled out, `latest` where there is neither tag nor digest; beside a
 * digest the tag says nothing and is dropped, as containerd does.
 */
export function canonicalName({ domain, path, tag, digest }: Reference): string {
  return digest === undefined ? `${domain}/${path}:${tag ?? 'latest'}` : `${domain}/${path}@${digest}`;
}

/** `ubuntu`: the repository as docker prints it. */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== 'docker.io') return `${domain}/${path}`;
  return /^library\/[^/]+$/.test(path) ? path.slice('library/'.length) : path;
}

/** What docker refuses as a new name: a digest, and a digest algorithm's name. */
export function checkNewName(reference: Reference, text: string): Reference {
  if (reference.digest !== undefined)
    throw usage(
      `'${text.slice(0, 128)}'`,
      'expected a name, got a digest reference: refusing to create a tag with a digest reference',
    );
  if (familiarName(reference) === 'sha256') {
    throw usage(
      `'${text.slice(0, 128)}'`,
      'expected another name, got sha256: refusing to create an ambiguous tag using digest algorithm as name',
    );
  }
  return reference;
}
