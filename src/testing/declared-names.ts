import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where a name of a file of declarations comes from: that file's own, or another's. */
type Origin = readonly [file: string, name: string];

interface Declared {
  /** What it takes from elsewhere, and what it only hands on. */
  readonly taken: ReadonlyMap<string, Origin>;
  readonly handedOn: ReadonlyMap<string, Origin>;
  /** The text of each declaration. */
  readonly own: ReadonlyMap<string, string>;
}

function namesFrom(text: string, kind: 'import' | 'export', file: string): ReadonlyMap<string, Origin> {
  const found = new Map<string, Origin>();
  for (const [, names = '', from = ''] of text.matchAll(
    new RegExp(`^${kind} (?:type )?\\{([^}]*)\\} from '(\\.[^']+)'`, 'gm'),
  ))
    for (const one of names.split(',').map(name => name.trim().replace(/^type /, ''))) {
      const [name = '', called = name] = one.split(' as ');
      if (name !== '') found.set(called, [join(dirname(file), from).replace(/\.js$/, '.d.ts'), name]);
    }
  return found;
}

function declared(file: string): Declared {
  const text = readFileSync(file, 'utf8');
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, '');
  const own = new Map<string, string>();
  for (const part of bare.split(/^(?=(?:export |declare |interface |type ))/m)) {
    const name = /^(?:export )?(?:declare )?(?:interface|type|class|function|const) ([\w$]+)/.exec(part)?.[1];
    if (name !== undefined) own.set(name, `${own.get(name) ?? ''}${part}`);
  }
  return { taken: namesFrom(bare, 'import', file), handedOn: namesFrom(bare, 'export', file), own };
}

/** The types that somebody meets who reads what a file of declarations exports, have a name elsewhere, and are not exported by it: each with a way to it. */
export function unexportedTypes(entry: string): readonly string[] {
  const files = new Map<string, Declared>();
  const of = (file: string): Declared => {
    const known = files.get(file) ?? declared(file);
    files.set(file, known);
    return known;
  };
  const resolve = ([file, name]: Origin): Origin | undefined => {
    const { own, taken, handedOn } = of(file);
    if (own.has(name)) return [file, name];
    const next = taken.get(name) ?? handedOn.get(name);
    return next && resolve(next);
  };
  const ways = new Map([...of(entry).handedOn].map(([name, from]) => [resolve(from)?.join('#') ?? '', name]));
  const exported = new Set(ways.keys());
  const missing: string[] = [];
  // A map that grows while it is walked is walked to its end.
  for (const [key, way] of ways) {
    const [file = '', self = ''] = key.split('#');
    const text = of(file).own.get(self) ?? '';
    if (text.startsWith('export') && !exported.has(key)) missing.push(way);
    for (const [name] of text.replace(/'[^']*'/g, "''").matchAll(/(?<![.\w$])[A-Z][\w$]*/g)) {
      const found = resolve([file, name])?.join('#');
      if (found !== undefined && !ways.has(found)) ways.set(found, `${way} > ${name}`);
    }
  }
  return missing;
}
