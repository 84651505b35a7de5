/**
 * A step of a pattern: takes one character, or goes on at several places at once, which are told from its own. A list of steps
 * ends where the pattern does.
 */
type Step =
  | { readonly kind: 'take'; readonly is: (character: string) => boolean }
  | { readonly kind: 'fork'; readonly to: readonly number[] };
export type Steps = readonly Step[];

const fork = (to: readonly number[]): Step => ({ kind: 'fork', to });

/** Whether a character may stand in a name. */
export const inName = (character: string): boolean => character !== '/';
const inPath = (character: string): boolean => character !== '\n';

export const oneOf = (is: (character: string) => boolean): Steps => [{ kind: 'take', is }];
export const literal = (wanted: string): Steps => oneOf(character => character === wanted);
/** Any number of such characters: `*` of those in names. */
const many = (is: (character: string) => boolean): Steps => [fork([1, 3]), ...oneOf(is), fork([-2])];
export const anyName: Steps = many(inName);
export const anyPath: Steps = many(inPath);

/** One of these. */
export function choice(alternatives: readonly Steps[]): Steps {
  const total = alternatives.reduce((sum, { length }) => sum + length + 1, 1);
  const starts: number[] = [];
  const steps: Step[] = [];
  for (const alternative of alternatives) {
    starts.push(steps.length + 1);
    for (const step of alternative) steps.push(step);
    steps.push(fork([total - 1 - steps.length]));
  }
  return [fork(starts), ...steps];
}

/** Any directories, none among them, with the slash that follows them: `(.*\/)?`. */
export const anyDirectories: Steps = choice([[], [...anyPath, ...literal('/')]]);

/** The places that a text may have come to, as one: what follows from each character is found once. */
interface State {
  readonly places: readonly number[];
  readonly isEnd: boolean;
  readonly next: Next;
}
/** By code point: those of ASCII in a list, which is the quicker. */
interface Next {
  readonly ascii: (State | undefined)[];
  readonly others: Map<number, State>;
}

const followed = ({ next }: State, code: number): State | undefined =>
  code < 128 ? next.ascii[code] : next.others.get(code);
const slash = 47;

/** As many transitions are kept, with 1 KiB for a state, and places of states. A pattern may have 2^n of them; those that real paths meet are some hundreds. */
const [keptTransitions, keptPlaces] = [4000, 1 << 21];

/**
 * A pattern of paths. All the places that a text may have come to are followed together, so that the work grows with the text and
 * the pattern and never with the ways in which one could fit the other. State: what has been found out.
 */
export class Pattern {
  readonly #steps: Steps;
  #states = new Map<string, State>();
  #start: State;
  #found = 0;
  #places = 0;

  constructor(steps: Steps) {
    this.#steps = steps;
    this.#start = this.#state([0]);
  }

  /** Whether it matches a text, or what stands before a slash of it: `above` is asked of each such whether that counts. */
  matches(text: string, above: () => boolean = () => false): boolean {
    let state = this.#start;
    for (let at = 0; at < text.length; at++) {
      const code = text.codePointAt(at) as number;
      if (code > 0xffff) at++;
      if (code === slash && state.isEnd && above()) return true;
      state = followed(state, code) ?? this.#next(state, code);
      if (state.places.length === 0) return false;
    }
    return state.isEnd;
  }

  #forget(): void {
    this.#states = new Map();
    this.#found = 0;
    this.#places = 0;
    this.#start = this.#state([0]);
  }

  #next(state: State, code: number): State {
    if (this.#found >= keptTransitions || this.#places >= keptPlaces) this.#forget();
    const character = String.fromCodePoint(code);
    const places: number[] = [];
    for (const place of state.places) {
      const step = this.#steps[place];
      if (step?.kind === 'take' && step.is(character)) places.push(place + 1);
    }
    const next = this.#state(places);
    if (code < 128) state.next.ascii[code] = next;
    else state.next.others.set(code, next);
    this.#found += 1;
    return next;
  }

  /** Where forks lead from these places. */
  #state(from: readonly number[]): State {
    const seen = new Set(from);
    const places: number[] = [];
    // A set is gone through in the order in which it grows.
    for (const place of seen) {
      const step = this.#steps[place];
      if (step?.kind === 'fork') for (const to of step.to) seen.add(place + to);
      else places.push(place);
    }
    const key = places.sort((a, b) => a - b).join();
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const next: Next = { ascii: Array.from({ length: 128 }, () => undefined), others: new Map() };
    const made: State = { places, isEnd: places.at(-1) === this.#steps.length, next };
    this.#states.set(key, made);
    this.#places += places.length;
    return made;
  }
}
