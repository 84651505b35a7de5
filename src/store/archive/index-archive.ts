import { ExtensionHeaders, type Extensions, isExtension } from '../../codec/tar-extensions.ts';
import { blockSize, decodeHeader, isZero, paddingOf, type RawHeader } from '../../codec/tar-header.ts';
import { bodySizeOf, memberOf, pathOf, typeOf } from '../../codec/tar-member.ts';
import { sparseFormOf } from '../../codec/tar-sparse-map.ts';
import { invalid, OciError } from '../../errors.ts';
import { extensionLimit, memberLimit } from '../../limits.ts';
import type { ByteString } from '../../tree/node.ts';
import type { Region } from '../disk/region.ts';
import type { ArchiveInput } from './archive-input.ts';

type Visit = (name: ByteString, member: ArchiveMember) => void;

/** A member as far as an envelope needs it: where a file's bytes are, or which other member a link names. */
type ArchiveMember =
  | ({ readonly kind: 'file' } & Region)
  | { readonly kind: 'hardlink' | 'symlink'; readonly target: ByteString }
  | { readonly kind: 'directory' | 'other' | 'several' };

/** Members by their names without `./` in front, and whether they are all that there are. */
export interface ArchiveIndex {
  readonly members: ReadonlyMap<ByteString, ArchiveMember>;
  readonly isWhole: boolean;
}

/**
 * A name inside an archive in its plain form. Undefined for one that leads out of it or is absolute: such a member is
 * never looked at.
 */
export function memberName(name: ByteString): ByteString | undefined {
  const parts = name.split('/').filter(part => part !== '' && part !== '.');
  return name.startsWith('/') || parts.includes('..') ? undefined : parts.join('/');
}

/** Reads header after header of one archive. */
class Scan {
  readonly #input: ArchiveInput;
  readonly #subject: string;
  readonly #extensions = new ExtensionHeaders();
  readonly #visit: Visit;
  #offset = 0;

  constructor(input: ArchiveInput, subject: string, visit: Visit) {
    this.#input = input;
    this.#subject = subject;
    this.#visit = visit;
  }

  readonly #at = (): string => `${this.#subject}: tar entry at offset ${this.#offset}`;

  /** Reads to the end of the archive: a block of zeros, or its last byte. */
  async run(): Promise<void> {
    for (;;) {
      this.#offset = this.#input.position;
      const block = await this.#input.read(blockSize);
      const isOver = block.length === 0 || (block.length === blockSize && isZero(block, 0));
      if (isOver && !this.#extensions.isOpen) return;
      if (isOver || (block.length < blockSize && this.#offset > 0)) throw this.#truncated();
      const header = this.#offset === 0 ? this.#first(block) : decodeHeader(block, 0, this.#at);
      if (isExtension(header)) await this.#extension(header);
      else await this.#member(header);
    }
  }

  /** Whether it is a tar at all is said in the words of who asked for an image. */
  #first(block: Buffer): RawHeader {
    try {
      if (block.length < blockSize) throw this.#truncated();
      return decodeHeader(block, 0, this.#at);
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      const options = { cause: error };
      throw new OciError('invalid', this.#subject, 'expected an image layout, an archive or a tar, got none', options);
    }
  }

  #truncated(): Error {
    return invalid(this.#at(), 'the rest of it', 'an unexpected end: the archive is truncated');
  }

  async #extension(header: RawHeader): Promise<void> {
    this.#extensions.begin(header, this.#at);
    const body = await this.#input.read(Math.min(header.size, extensionLimit));
    if (body.length < header.size) throw this.#truncated();
    this.#extensions.add(Buffer.from(body), this.#at);
    if (!(await this.#input.skip(paddingOf(header.size)))) throw this.#truncated();
  }

  async #member(header: RawHeader): Promise<void> {
    const extensions = this.#extensions.take();
    const recorded = pathOf(header, extensions);
    const name = memberName(recorded);
    const type = typeOf(header, recorded);
    const stored = type === 'file' ? bodySizeOf(header, extensions, this.#at) : 0;
    const member = this.#memberOf(header, extensions, { type, path: recorded, stored });
    if (name !== undefined && name !== '') this.#visit(name, member);
    // The padding of the last body may be missing, as nothing is lost with it.
    if (stored > 0 && !(await this.#input.skip(stored))) throw this.#truncated();
    await this.#input.skip(paddingOf(stored));
  }

  #memberOf(
    header: RawHeader,
    extensions: Extensions,
    facts: { type: ReturnType<typeof typeOf>; path: ByteString; stored: number },
  ): ArchiveMember {
    const { type, path, stored } = facts;
    if (type === 'hardlink' || type === 'symlink') {
      const { link } = memberOf(header, extensions, { type, path, size: 0, offset: this.#offset, subject: this.#at });
      return { kind: type, target: link };
    }
    if (type === 'directory') return { kind: 'directory' };
    const isSparse = sparseFormOf(header, extensions.records, this.#at) !== undefined;
    if (type !== 'file' || isSparse) return { kind: 'other' };
    return { kind: 'file', offset: this.#input.position, size: stored };
  }
}

/** More members than an archive of images may have. */
export const tooMany = (subject: string): Error => invalid(subject, `at most ${memberLimit} members`, 'more');

/**
 * Lists an archive's members. Readers differ on which of two members of one name counts, so here neither does. Of a tar that need
 * not be an archive `telling` are the names that count beyond `memberLimit` as well. Throws `invalid`, with the offset where it is
 * damaged or truncated.
 */
export async function indexArchive(
  input: ArchiveInput,
  subject: string,
  telling?: ReadonlyMap<ByteString, unknown>,
): Promise<ArchiveIndex> {
  const members = new Map<ByteString, ArchiveMember>();
  let isWhole = true;
  const visit = (name: ByteString, member: ArchiveMember): void => {
    const before = members.get(name);
    if (before === undefined && members.size >= memberLimit) {
      if (telling === undefined) throw tooMany(subject);
      isWhole = false;
      if (!telling.has(name)) return;
    }
    const isAgain = before !== undefined && !(before.kind === 'directory' && member.kind === 'directory');
    members.set(name, isAgain ? { kind: 'several' } : member);
  };
  await new Scan(input, subject, visit).run();
  return { members, isWhole };
}
