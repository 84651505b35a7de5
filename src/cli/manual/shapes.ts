/** A declaration of a type, with its comments, and the types that it names. */
interface Shape {
  readonly text: string;
  readonly names: readonly string[];
}

const declaration =
  /(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?export (?:interface (\w+)(?:<[^>\n]*>)?(?: extends [\w, <>]+)? \{\n[\s\S]*?\n\}|type (\w+) =[\s\S]*?;)(?=\n)/g;

/** The types that these sources declare, by name. */
export function shapesIn(sources: readonly string[]): ReadonlyMap<string, Shape> {
  const found = sources.flatMap(source =>
    [...source.matchAll(declaration)].map(([text, face, type]): readonly [string, Shape] => {
      const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
      return [face ?? type ?? '', { text: text.replace(/^export /m, ''), names: code.match(/\b[A-Z]\w+/g) ?? [] }];
    }),
  );
  return new Map(found);
}

/** A type and every type of these that it leads to, in the order in which they are met. */
export function shapesFrom(type: string, shapes: ReadonlyMap<string, Shape>): readonly string[] {
  const names = new Set<string>();
  const open = [type.replace('[]', '')];
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    const shape = shapes.get(name);
    if (shape === undefined || names.has(name)) continue;
    names.add(name);
    for (const one of shape.names) open.push(one);
  }
  return [...names].map(name => shapes.get(name)?.text ?? '');
}
