import type { Block, Page } from './page.ts';

/** A text that groff prints as it stands: no line begins a request, `-` is the one that is typed. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')
    .replace(
      /[^\0-\x7f]/gu,
      character => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}

/** What is typed is bold. */
function line(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map(part => (part.startsWith('`') ? `\\fB${escaped(part.slice(1, -1))}\\fR` : escaped(part)))
    .join('');
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `.SH ${escaped(block.text.toUpperCase())}`;
    case 'paragraph':
      return `.PP\n${line(block.text)}`;
    case 'code':
      return `.PP\n.RS 4\n.nf\n${block.lines.map(escaped).join('\n')}\n.fi\n.RE`;
    case 'terms':
      return block.terms.map(([term, text]) => `.TP\n\\fB${escaped(term)}\\fR\n${line(text)}`).join('\n');
  }
}

/** A page for man(1), section 1. No date stands in it: the same table gives the same bytes. */
export function roffOf({ name, title, blocks }: Page, version: string): string {
  const head = [`.TH "${name.toUpperCase()}" "1" "" "ocikit ${version}" "ocikit"`, '.nh', '.ad l', '.SH NAME'];
  return `${[...head, `${escaped(name)} \\- ${line(title)}`, ...blocks.map(blockText)].join('\n').replace(/(^\.SH .*\n)\.PP\n/gm, '$1')}\n`;
}
