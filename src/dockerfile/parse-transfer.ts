import { type Flags, flagOf, flagText, parseFlags } from './flags.ts';
import { chomped, parseHeredoc } from './heredoc.ts';
import type { Effect, InlineFile, Transfer } from './instruction.ts';
import type { Given } from './instructions.ts';
import { splitWords, stringArray } from './words.ts';

const shared = { chown: 'text', chmod: 'text', link: 'boolean', exclude: 'texts' } as const;

export function parseCopy(given: Given): Effect {
  const words = wordsOf(given);
  const flags = parseFlags(given.flags, { ...shared, from: 'text', parents: 'boolean' }, given.fail);
  return {
    kind: 'copy',
    transfer: transferOf(given, words, flags),
    from: flagText(flags, 'from') ?? '',
    parents: flagOf(flags, 'parents') ?? false,
  };
}

/** `keep-git-dir` is about sources from git, which are refused. */
export function parseAdd(given: Given): Effect {
  const words = wordsOf(given);
  const own = { 'keep-git-dir': 'boolean', checksum: 'text', unpack: 'boolean' } as const;
  const flags = parseFlags(given.flags, { ...shared, ...own }, given.fail);
  const unpack = flagOf(flags, 'unpack');
  return {
    kind: 'add',
    transfer: transferOf(given, words, flags),
    checksum: flagText(flags, 'checksum') ?? '',
    ...(unpack === undefined ? {} : { unpack }),
  };
}

function wordsOf({ name, text, fail }: Given): readonly string[] {
  const words = stringArray(text, fail) ?? splitWords(text);
  if (words.length < 2)
    throw fail(
      `${name} requires at least two arguments, but only one was provided. Destination could not be determined`,
    );
  return words;
}

function transferOf(given: Given, words: readonly string[], flags: Flags): Transfer {
  const destination = words.at(-1) as string;
  if (parseHeredoc(destination) !== undefined)
    throw given.fail(`${given.name} cannot accept a heredoc as a destination`, destination);
  const contents = new Map(given.line.heredocs.map(({ name, content }) => [name, content]));
  const sources: string[] = [];
  const files: InlineFile[] = [];
  for (const word of words.slice(0, -1)) {
    const heredoc = parseHeredoc(word);
    if (heredoc === undefined) {
      sources.push(word);
      continue;
    }
    const { name, expand, chomp } = heredoc;
    const content = contents.get(name) ?? '';
    files.push({ name, expand, content: chomp ? chomped(content) : content });
  }
  return {
    sources,
    files,
    destination,
    chown: flagText(flags, 'chown') ?? '',
    chmod: flagText(flags, 'chmod') ?? '',
    link: flagOf(flags, 'link') ?? false,
    exclude: flags.get('exclude') ?? [],
  };
}
