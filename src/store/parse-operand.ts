import { gotOf, usage } from '../errors.ts';
import { checkNewLayout } from './elsewhere.ts';
import { checkText, forUse, type ImagePlace, isDigestPrefix, parseImagePlace } from './image-place.ts';

/** Where an operand says that a root filesystem is: a directory or a tar, whatever it looks like. */
export interface RootfsPlace {
  readonly kind: 'rootfs' | 'tar';
  readonly path: string;
}

/** How a caller names an image: text that is taken apart once, or the parts themselves; in their path no `:` and no `@` counts. */
export type ImageOperand = string | ImagePlace;

/** The same of an image or a root filesystem. */
export type Operand = ImageOperand | RootfsPlace;

/** An operand taken apart, and what messages call it. */
export interface ParsedOperand {
  readonly subject: string;
  readonly place: ImagePlace;
}

const kinds = ['oci', 'oci-archive', 'docker-archive', 'rootfs', 'tar'];
const parts = ['path', 'name', 'digest', 'kind'];

/** What an operand is called in messages: its text, or its parts as text would have them. */
export function subjectOf(operand: Operand): string {
  if (typeof operand === 'string') return operand;
  const { path, name, digest }: { path: string; name?: string; digest?: string } = operand;
  return `${path}${name === undefined ? '' : `:${name}`}${digest === undefined ? '' : `@${digest}`}`;
}

const isPlace = (operand: object): boolean =>
  'path' in operand && Object.keys(operand).every(part => parts.includes(part));

/** Throws `usage` for what is no operand at all, whatever it names; `word` is what the caller calls it. */
export function checkOperand(operand: unknown, word: string): asserts operand is Operand {
  if (typeof operand === 'string') return checkText(operand);
  if (typeof operand !== 'object' || operand === null || !isPlace(operand))
    throw usage(word, `expected text or an object with ${parts.join(', ')}, got ${gotOf(operand)}`);
  for (const [part, value] of Object.entries(operand))
    if (value !== undefined && typeof value !== 'string')
      throw usage(`${word}.${part}`, `expected text, got ${gotOf(value)}`);
  const { path, kind }: { path?: string; kind?: string } = operand;
  if (path === undefined) throw usage(`${word}.path`, 'expected a path, got nothing');
  checkText(path);
  if (kind !== undefined && !kinds.includes(kind))
    throw usage(`${word}.kind`, `expected one of ${kinds.join(', ')}, got '${kind}'`);
}

/** The parts as they are, held to what text is held to. */
function exactPlace({ kind, path, ...named }: ImagePlace | RootfsPlace, use: 'read' | 'write'): ImagePlace {
  const { name, digest }: { name?: string; digest?: string } = named;
  const subject = subjectOf({ path, ...named });
  if (kind === 'rootfs' || kind === 'tar') throw usage(subject, `expected an image, got the kind '${kind}'`);
  if (name === '') throw usage(subject, 'expected a name, got an empty one');
  if (digest !== undefined && !isDigestPrefix(digest))
    throw usage(subject, `expected a digest, got '${digest}'`, 'a digest is sha256:… or its first digits');
  const said = {
    ...(kind === undefined ? {} : { kind }),
    path,
    ...(name === undefined ? {} : { name }),
    ...(digest === undefined ? {} : { digest }),
  };
  return forUse(said, { use, subject });
}

/** Takes an operand apart, once. For writing, a missing name is `latest`. Throws `usage`. */
export function parseOperand(operand: Operand, use: 'read' | 'write'): ParsedOperand {
  checkOperand(operand, 'operand');
  const place = typeof operand === 'string' ? parseImagePlace(operand, use) : exactPlace(operand, use);
  return { subject: subjectOf(operand), place };
}

/** The place of an operand that names all of it. Throws `usage` where it says more. */
export function parseWholePlace(operand: Operand, expected: string, hint?: string): ParsedOperand {
  const parsed = parseOperand(operand, 'read');
  const { name, digest } = parsed.place;
  if (name === undefined && digest === undefined) return parsed;
  throw usage(parsed.subject, `expected ${expected}, got one image of it`, hint);
}

/** What is put into a layout goes into no archive, and what says one is not taken for a layout's path. */
function inLayout(parsed: ParsedOperand): ParsedOperand {
  const { kind, path } = parsed.place;
  if (kind === undefined || kind === 'oci') return parsed;
  const hint = `\`ocikit copy LAYOUT:NAME ${kind}:${path}\` makes one of an image`;
  throw usage(parsed.subject, 'expected a LAYOUT (a directory), got an archive', hint);
}

/** An image that a layout is to hold. Throws `usage` as `parseOperand`, and where the operand says an archive. */
export function parseNewImage(operand: Operand): ParsedOperand {
  return inLayout(parseOperand(operand, 'write'));
}

/** A layout that is to be made or added to, all of it. Throws `usage` where the operand says more, an archive, or what no new layout is called. */
export function parseLayout(operand: Operand, hint?: string): ParsedOperand {
  const parsed = inLayout(parseWholePlace(operand, 'a LAYOUT', hint));
  if (typeof operand === 'string' && parsed.place.kind === undefined) checkNewLayout(operand, parsed.place.path);
  return parsed;
}
