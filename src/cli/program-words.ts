import type { Option } from './command.ts';

/** Whether a word begins as an option of these does, alone or with its value. */
const isKnown = (word: string, options: readonly Option[]): boolean =>
  word.startsWith('--')
    ? options.some(({ name }) => [name, `no-${name}`, 'help'].includes(word.slice(2).split('=', 1)[0] as string))
    : options.some(({ alias }) => alias !== undefined && word[1] === alias) || word[1] === 'h';

/** `VERB OPTIONS… WORD REST…` with `--` before the rest, the command line of another program. Options of the verb's own may stand behind WORD as well; what is none is the program's. */
export function withEnd(words: readonly string[], options: readonly Option[]): readonly string[] {
  let plain = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (/^-./.test(word)) {
      if (plain === 2 && !isKnown(word, options)) return [...words.slice(0, at), '--', ...words.slice(at)];
      const valued = options.find(
        ({ name, alias, kind }) => kind !== 'flag' && [`--${name}`, `-${alias}`].includes(word),
      );
      if (valued !== undefined) at++;
    } else if (++plain === 3) return [...words.slice(0, at), '--', ...words.slice(at)];
  }
  return words;
}
