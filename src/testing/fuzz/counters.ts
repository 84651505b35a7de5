/** Counters of blocks, each by its own place and the one before it. */
const size = 1 << 16;

/** The module `block-counts` of a program that counts. */
export const countingModule: string = `
const counts = globalThis.enteredBlocks = new Uint32Array(${size});
let before = 0;
export const __b = id => { counts[(id ^ before) & ${size - 1}]++; before = id >> 1; return true; };`;

/** Lines as esbuild writes them: one that opens a block, one that a statement without braces follows, one of a switch. */
const opens = /(?:\)|=>|\belse|\btry|\bfinally|\bdo|\bcatch|\bcase .*:|\bdefault:) \{$/;
const notOne = /^\s*(?:switch |(?:static )?class )|(?:[=(,[?]|\breturn|\bclass [\w$]+(?: extends .*)?) \{$/;
const condition = /^(\s*(?:\} else )?(?:else )?if \()(.*)\)$/;
const chosen = /^\s*(?:case .*|default):$/;

/** JavaScript that esbuild wrote without template literals, with counters in it; ids go on from `first` to `next`. */
export function withCounters(text: string, first: number): { readonly text: string; readonly next: number } {
  let next = first;
  const counter = (): string => `__b(${(Math.imul(next++, 0x9e3779b1) >>> 8) & (size - 1)})`;
  const lines = text.split('\n').map(line => {
    const [, before, what] = condition.exec(line) ?? [];
    if (what !== undefined) return `${before}(${what}) && ${counter()})`;
    if (chosen.test(line) || (opens.test(line) && !notOne.test(line))) return `${line} ${counter()};`;
    return line;
  });
  return { text: `import { __b } from 'block-counts';\n${lines.join('\n')}`, next };
}
