import { fileCost, Pace } from '../stream/pace.ts';

/** Applying an entry costs a part of what making a file does. */
const entryCost = fileCost >> 4;

/** Runs work that yields after each entry, in turns of the event loop, for what it comes to. */
export async function paced<T>(work: Generator<unknown, T>, signal: AbortSignal | undefined): Promise<T> {
  const pace = new Pace(signal);
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return step.value;
    const turn = pace.spend(entryCost);
    if (turn !== undefined) await turn;
  }
}
