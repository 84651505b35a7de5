/** A list of `name=value` with its places by name. */
export interface Environment {
  readonly entries: string[];
  readonly places: Map<string, number>;
}

export function environmentOf(given: readonly string[]): Environment {
  const entries = [...given];
  const names = entries.map((entry, place) => [nameOf(entry), place] as const);
  // Reversed, so that the first of two entries of one name is the one that is replaced.
  return { entries, places: new Map(names.reverse()) };
}

const nameOf = (entry: string): string => entry.split('=', 1)[0] as string;

/** The names with their values, in order. */
export function variablesOf({ entries }: Environment): readonly (readonly [string, string])[] {
  return entries.map(entry => [nameOf(entry), entry.slice(nameOf(entry).length + 1)]);
}

export function variableOf(env: Environment, name: string): string | undefined {
  const place = env.places.get(name);
  const entry = place === undefined ? undefined : env.entries[place];
  return entry?.includes('=') ? entry.slice(name.length + 1) : undefined;
}

/** Replaces a variable in its place, or adds it. */
export function setEntry(env: Environment, name: string, value: string): void {
  const place = env.places.get(name) ?? env.entries.length;
  env.places.set(name, place);
  env.entries[place] = `${name}=${value}`;
}
