import type { Block, Page } from './page.ts';

/** Outside of what is typed, the characters that Markdown takes for marks. */
function escaped(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map(part => (part.startsWith('`') ? part : part.replace(/[<>*_|[\]]/g, mark => `\\${mark}`)))
    .join('');
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `## ${block.text}`;
    case 'paragraph':
      return escaped(block.text);
    case 'code':
      return `\`\`\`${block.language ?? ''}\n${block.lines.join('\n')}\n\`\`\``;
    case 'terms':
      return block.terms.map(([term, text]) => `- \`${term}\` — ${escaped(text)}`).join('\n');
  }
}

/** A page as Markdown. */
export function markdownOf({ name, title, blocks }: Page): string {
  return `${[`# ${name}`, escaped(title), ...blocks.map(blockText)].join('\n\n')}\n`;
}
