import type { BuildEvent } from '../ops/build/log.ts';

/** So long (milliseconds) one step may keep the others from being heard of. */
const patience = 5000;

interface Step {
  /** The line that says what it is, written again whenever it is gone on with. */
  readonly header: string;
  /** What has not been written yet. */
  held: string;
  isShown: boolean;
  hasEnded: boolean;
}

/**
 * Lines of steps that go on at the same time, a step at a time, as BuildKit's plain form has them: what the others say waits until the one ends, has
 * said nothing yet, or has gone on for long. State: what each step has said, and whose lines are being written.
 */
export class PlainSteps {
  readonly #write: (text: string) => void;
  readonly #steps = new Map<number, Step>();
  #current: number | undefined;
  /** Milliseconds since 1970: when the current one was begun with. */
  #begun = 0;
  #isSilent = true;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** An event, and its text. */
  take({ step: number, kind }: BuildEvent, text: string, now: number): void {
    const step = this.#steps.get(number) ?? { header: '', held: '', isShown: false, hasEnded: false };
    if (kind === 'start') this.#steps.set(number, { ...step, header: text });
    else {
      step.held += text;
      step.hasEnded = kind !== 'output';
    }
    const isTurn = this.#current === undefined || this.#current === number;
    const isOver = (step.hasEnded && this.#isSilent) || (kind !== 'start' && now - this.#begun >= patience);
    if (isTurn || isOver) this.#show(number, now);
    if (this.#current === undefined) this.#goOn(now);
  }

  #show(number: number, now: number): void {
    const step = this.#steps.get(number);
    if (step === undefined) return;
    if (this.#current !== number) {
      if (this.#current !== undefined) this.#write(`#${this.#current} ...\n\n`);
      this.#write(step.header);
      [this.#current, this.#begun, this.#isSilent] = [number, now, true];
    }
    if (step.held !== '') {
      this.#write(step.held);
      this.#isSilent = false;
    }
    [step.held, step.isShown] = ['', true];
    if (!step.hasEnded) return;
    this.#steps.delete(number);
    this.#current = undefined;
  }

  /** What has ended meanwhile, then one that has said something, or has not been heard of. */
  #goOn(now: number): void {
    for (const [number, { hasEnded }] of this.#steps) if (hasEnded) this.#show(number, now);
    const next = [...this.#steps].find(([, { held, isShown }]) => held !== '' || !isShown);
    if (next !== undefined) this.#show(next[0], now);
  }
}
