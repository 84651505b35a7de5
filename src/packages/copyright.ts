import { spdxIdOf } from './licences.ts';

const machineReadable = /^format(?:-specification)?:\s*<?https?:\/\/\S*copyright-format/i;
/** A field, and its value up to a thousand characters. */
const field = /^licen[cs]e:[^\S\r\n]{0,1000}([^\s][^\r\n]{0,1000})/gim;
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
  const first = text.slice(0, 4096).trimStart();
  const isReadable = machineReadable.test(first);
  const isMeant = (name: string): boolean => isReadable || spdxIdOf(name) !== undefined;
  for (const [, value = ''] of text.matchAll(field))
    for (const name of namesIn(value)) if (isMeant(name)) names.add(name);
  for (const [, name = ''] of text.matchAll(common)) names.add(name.replace(/[.-]+$/, ''));
  return [...names];
}
