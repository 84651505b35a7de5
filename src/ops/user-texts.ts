import { copyOf } from '../engine/bytes.ts';
import { OciError } from '../errors.ts';
import { documentAt, type Finding } from '../image/finding.ts';
import { finding } from '../image/finding-codes.ts';
import { resolveUser } from '../image/user.ts';
import type { Image } from '../spec/objects.ts';
import { contentKey, type LayerEntry, type Path, type Tree } from '../tree/node.ts';
import { placeIn } from '../tree/story.ts';
import { find } from '../tree/walk.ts';

const files: readonly Path[] = ['etc/passwd', 'etc/group'];
/** How long a list of users may be, in bytes, and how many of them are kept: of others nobody knows. */
const [longest, most] = [1 << 16, 256];

/** An image's config, by digest, and the user that it says; empty where it says none. */
export interface ImageUser {
  readonly config: string;
  readonly user: string;
}

/** Of Linux alone: other systems have no such files. */
export function userOf({ config: { descriptor, value } }: Image): ImageUser {
  return { config: descriptor.digest, user: value.os === 'linux' ? (value.config?.User ?? '') : '' };
}

/** What layers say of users, kept as they are read. State: the file that is coming by. */
export class UserTexts {
  readonly #texts = new Map<string, string>();
  #body: { readonly key: string; readonly chunks: Uint8Array[] } | undefined;

  entry(entry: LayerEntry): void {
    this.#body = undefined;
    if (entry.kind !== 'node' || entry.node.kind !== 'file' || !files.includes(entry.path)) return;
    if (entry.node.size <= longest && this.#texts.size < most) this.#body = { key: contentKey(entry.node), chunks: [] };
  }

  data(chunk: Uint8Array): void {
    this.#body?.chunks.push(copyOf(chunk));
  }

  end(): void {
    if (this.#body !== undefined) this.#texts.set(this.#body.key, Buffer.concat(this.#body.chunks).toString());
    this.#body = undefined;
  }

  /** What is wrong with the user that an image of this tree says, where its own files are known and have not that user. */
  faults(tree: Tree, { config, user }: ImageUser): readonly Finding[] {
    const [passwd, group] = files.map(path => this.#textIn(tree, path));
    if (passwd === undefined || group === undefined) return [];
    try {
      resolveUser(user, { passwd, group });
      return [];
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      const place = { ...documentAt('config', config), pointer: '/config/User' };
      return [finding('user-unknown', place, error.message)];
    }
  }

  #textIn(tree: Tree, path: Path): string | undefined {
    const node = find(tree, placeIn(tree, path));
    if (node === undefined) return '';
    if (node.kind !== 'file') return undefined;
    return node.size === 0 ? '' : this.#texts.get(contentKey(node));
  }
}
