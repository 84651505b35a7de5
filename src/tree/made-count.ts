import { invalid } from '../errors.ts';
import { entryTextLimit, nodeLimit } from '../limits.ts';
import type { Node } from './node.ts';

/** What layers may bring to one tree. */
export interface Most {
  readonly nodes: number;
  /** Bytes of the paths of directories together. */
  readonly text: number;
}

/** What layers have brought to one tree. State: how much it is. */
export class MadeCount {
  readonly #subject: string;
  readonly #most: Most;
  #nodes = 0;
  #text = 0;

  constructor(subject: string, most: Most = { nodes: nodeLimit, text: entryTextLimit }) {
    this.#subject = subject;
    this.#most = most;
  }

  /** Counts a node whose path has so many bytes. Throws `invalid` where that is too much. */
  add({ kind }: Node, length: number): void {
    const { nodes, text } = this.#most;
    if (++this.#nodes > nodes) throw invalid(this.#subject, `at most ${nodes} files and directories`, 'more');
    // One long path would else be a gigabyte: each directory on the way keeps its own.
    if (kind === 'directory') this.#text += length;
    if (this.#text > text)
      throw invalid(this.#subject, `directories whose paths have at most ${text} bytes together`, 'more');
  }
}
