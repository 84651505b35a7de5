import { invalid } from '../errors.ts';
import { entryLimit, entryTextLimit } from '../limits.ts';
import type { TarMember } from './tar-member.ts';

/** What an entry says. */
type Said = Pick<TarMember, 'path' | 'link' | 'xattrs'>;

function textOf({ path, link, xattrs }: Said): number {
  let bytes = path.length + link.length;
  for (const [name, value] of xattrs) bytes += name.length + value.length;
  return bytes;
}

/** What of a layer stays in memory: a few bytes of an archive can say much. State: how many entries there were, and the bytes of what they say. */
export class LayerSize {
  readonly #subject: string;
  readonly #most: { readonly entries: number; readonly text: number };
  #entries = 0;
  #text = 0;

  constructor(
    subject: string,
    most: { readonly entries: number; readonly text: number } = { entries: entryLimit, text: entryTextLimit },
  ) {
    this.#subject = subject;
    this.#most = most;
  }

  /** Throws `invalid` where there are more than `entryLimit` entries or `entryTextLimit` bytes. */
  add(member: Said): void {
    const { entries, text } = this.#most;
    this.#entries++;
    this.#text += textOf(member);
    if (this.#entries > entries) throw invalid(this.#subject, `at most ${entries} entries`, 'more');
    if (this.#text > text)
      throw invalid(this.#subject, `names and extended attributes of at most ${text} bytes together`, 'more');
  }
}
