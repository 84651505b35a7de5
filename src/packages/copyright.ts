import { spdxIdOf } from './licences.ts';
import { linesOf } from './text.ts';

const machineReadable = /^format(?:-specification)?:\s*<?https?:\/\/\S*copyright-format/i;
const common = /\/usr\/share\/common-licenses\/([A-Za-z0-9][A-Za-z0-9.+-]*)/g;

/** The names in one `License:` field: `GPL-2+ or Artistic, and MIT`. */
function* namesIn(value: string): Generator<string> {
  for (const word of value.split(/\s+(?:and\/or|and|or)\s+|[,|]\s*(?:(?:and|or)\s+)?/i)) {
    const name = word.replace(/\s+with\s.*$/i, '').trim();
    if (/^[A-Za-z0-9][A-Za-z0-9.+-]*$/.test(name)) yield name;
  }
}

/**
 * The licences that a Debian copyright file names: those of its `License:` fields (copyright-format 1.0; known names alone
 * where it has not that form), then those of `/usr/share/common-licenses` that it points to. They are Debian's names, in the order in which they come.
 */
export function copyrightLicences(text: string): readonly string[] {
  const names = new Set<string>();
  const first = [...linesOf(text.slice(0, 4096))].find(line => line.trim() !== '') ?? '';
  const isMeant = (name: string): boolean => machineReadable.test(first) || spdxIdOf(name) !== undefined;
  for (const line of linesOf(text)) {
    const value = /^licen[cs]e:\s*(\S.*)$/i.exec(line.slice(0, 1024))?.[1];
    if (value !== undefined) for (const name of namesIn(value)) if (isMeant(name)) names.add(name);
  }
  for (const [, name = ''] of text.matchAll(common)) names.add(name.replace(/[.-]+$/, ''));
  return [...names];
}
