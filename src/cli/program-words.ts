import type { Option } from './command.ts';

/** `VERB OPTIONS… WORD REST…` with `--` before the rest, the command line of another program. Options may stand behind WORD as well. */
export function withEnd(words: readonly string[], options: readonly Option[]): readonly string[] {
  let plain = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (/^-./.test(word)) {
      const valued = options.find(
        ({ name, alias, kind }) => kind !== 'flag' && [`--${name}`, `-${alias}`].includes(word),
      );
      if (valued !== undefined) at++;
    } else if (++plain === 3) return [...words.slice(0, at), '--', ...words.slice(at)];
  }
  return words;
}
