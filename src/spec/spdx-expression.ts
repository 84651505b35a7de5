const textLimit = 4096;

/** What the names in an expression stand for: undefined where they are none. */
interface Names {
  readonly licence: (name: string) => string | undefined;
  readonly exception: (name: string) => string | undefined;
}

const operators: ReadonlySet<string> = new Set(['AND', 'OR', 'WITH']);

/** An expression of licences (SPDX 2.3, annex D) with what its names stand for; undefined where it is none. Operators may be in any letters. */
export function spdxExpression(text: string, names: Names): string | undefined {
  if (text.length > textLimit) return undefined;
  const words: string[] = [];
  let depth = 0;
  let wants: 'name' | 'operator' = 'name';
  for (const word of text.match(/[()]|[^\s()]+/g) ?? []) {
    if (word === '(' || word === ')') {
      if ((word === '(') !== (wants === 'name')) return undefined;
      depth += word === '(' ? 1 : -1;
      if (depth < 0) return undefined;
      words.push(word);
    } else if (wants === 'name') {
      const name = words.at(-1) === 'WITH' ? names.exception(word) : names.licence(word);
      if (name === undefined) return undefined;
      words.push(name);
      wants = 'operator';
    } else {
      const operator = word.toUpperCase();
      if (!operators.has(operator)) return undefined;
      words.push(operator);
      wants = 'name';
    }
  }
  return words.length === 0 || depth !== 0 || wants === 'name'
    ? undefined
    : words.join(' ').replaceAll('( ', '(').replaceAll(' )', ')');
}

/** A name as the grammar has it, on whatever list it may be: `MIT`, `GPL-2.0+`, `LicenseRef-ours`. */
function wellFormed(name: string): string | undefined {
  if (operators.has(name.toUpperCase())) return undefined;
  return /^(?:DocumentRef-[A-Za-z0-9.-]+:)?[A-Za-z0-9.-]+\+?$/.test(name) ? name : undefined;
}

/** Whether a text has the grammar of an expression of licences. */
export const isSpdxExpression = (text: string): boolean =>
  spdxExpression(text, { licence: wellFormed, exception: wellFormed }) !== undefined;
