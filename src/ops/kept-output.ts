import { outputLimit } from '../limits.ts';
import type { Streams } from '../runner/process-tree.ts';

/** The last of a stream. State: what has come. */
class Tail {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      if (this.#size - first.length < outputLimit) break;
      this.#chunks.shift();
      this.#size -= first.length;
    }
  }

  text(): string {
    const all = Buffer.concat(this.#chunks);
    return new TextDecoder().decode(all.subarray(Math.max(0, all.length - outputLimit)));
  }
}

/** What a program writes, as much of its end as is kept. State: what has come. */
export class KeptOutput {
  readonly #tails = { stdout: new Tail(), stderr: new Tail() };
  readonly #texts = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  #isKept = true;

  /** The streams of a run that is to be kept, or not. */
  streamsFor(choice: 'inherit' | 'output' | 'keep', tell: (text: string) => void = () => undefined): Streams {
    this.#isKept = choice === 'keep';
    if (!this.#isKept) return { kind: 'inherit', input: choice === 'inherit' };
    return {
      kind: 'take',
      take: (chunk, stream) => {
        this.#tails[stream].add(chunk);
        tell(this.#texts[stream].decode(chunk, { stream: true }));
      },
    };
  }

  texts(): { readonly stdout: string | null; readonly stderr: string | null } {
    if (!this.#isKept) return { stdout: null, stderr: null };
    return { stdout: this.#tails.stdout.text(), stderr: this.#tails.stderr.text() };
  }
}
