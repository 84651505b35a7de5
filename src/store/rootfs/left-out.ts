import { textOf } from '../../tree/path.ts';
import type { Obstacles } from './attributes.ts';

const [one, many] = [0, 1];
const words: Readonly<Record<string, readonly [string, string]>> = {
  device: ['device node', 'device nodes'],
  fifo: ['named pipe', 'named pipes'],
  mode: ['mode', 'modes'],
  owner: ['owner', 'owners'],
};
const order = ['device', 'fifo', 'xattr', 'mode', 'owner'];
const xattr = 'xattr ';

function phrase(kind: string, count: number): string {
  const form = count === 1 ? one : many;
  const number = count.toLocaleString('en-US');
  if (!kind.startsWith(xattr)) return `${number} ${words[kind]?.[form] ?? kind}`;
  const name = textOf(kind.slice(xattr.length));
  return `${number} extended ${['attribute', 'attributes'][form]} '${name}'`;
}

const rank = (kind: string): number => order.findIndex(word => kind.startsWith(word));

const listed = (phrases: readonly string[]): string =>
  phrases.length < 2 ? phrases.join() : `${phrases.slice(0, -1).join(', ')} and ${phrases.at(-1)}`;

/** How many of an image's owners, devices and the like a directory does not have, by kind. */
export class LeftOut {
  readonly #counts = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  count(kind: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** A sentence for each reason: `8 device nodes and 1,204 owners not set: not root`. */
  sentences(obstacles: Obstacles): readonly string[] {
    const reasons = new Map<string, string[]>();
    const kinds = [...this.#counts.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    for (const kind of kinds) {
      const reason = obstacles.get(kind) ?? 'refused';
      reasons.set(reason, [...(reasons.get(reason) ?? []), phrase(kind, this.#counts.get(kind) ?? 0)]);
    }
    return [...reasons].map(([reason, phrases]) => `${listed(phrases)} not set: ${reason}`);
  }
}
