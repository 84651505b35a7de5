/** What a person wrote after the verb, by the names in the command table. */
export class Words {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #said: ReadonlySet<string>;
  readonly #typed: readonly string[];

  /** `said` are the names of what was said, `typed` the words themselves. */
  constructor(
    values: ReadonlyMap<string, unknown>,
    said: Iterable<string> = values.keys(),
    typed: readonly string[] = [],
  ) {
    this.#values = values;
    this.#said = new Set(said);
    this.#typed = typed;
  }

  /** Whether it was said at all: a flag that is on by itself is said where it is turned off. */
  has(name: string): boolean {
    return this.#said.has(name);
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  /** A positional that has to be there; the parser has seen to it. */
  word(name: string): string {
    return this.text(name) ?? '';
  }

  texts(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
  }

  /** The values of several repeated options, in the order in which they were typed. */
  inOrder(names: readonly string[]): readonly (readonly [name: string, value: string])[] {
    const taken = new Map<string, number>();
    return this.#typed.flatMap(word => {
      const name = /^--([a-z-]+)(?:=|$)/.exec(word)?.[1] ?? '';
      if (!names.includes(name)) return [];
      const place = taken.get(name) ?? 0;
      taken.set(name, place + 1);
      return [[name, this.texts(name)[place] ?? ''] as const];
    });
  }
}

/** An object without those of its fields that are undefined, as optional fields want them. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined && value !== false);
  return Object.fromEntries(present) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
