/** What a warning says, whatever it says it of: without its subject, quoted names, digests and numbers. */
function kindOf(warning: string): string {
  return warning
    .replace(/^[^ ]*: /, '')
    .replace(/'[^']*'/g, "''")
    .replace(/\b[a-z0-9]+:[0-9a-f]{32,}\b|\d+/g, '0');
}

/** One line for each kind of warning: the first of it, and how many more there are. */
export function groupWarnings(warnings: readonly string[]): readonly string[] {
  const kinds = new Map<string, { readonly first: string; more: number }>();
  for (const warning of warnings) {
    const known = kinds.get(kindOf(warning));
    if (known === undefined) kinds.set(kindOf(warning), { first: warning, more: 0 });
    else known.more++;
  }
  return [...kinds.values()].map(({ first, more }) =>
    more === 0 ? first : `${first} (and ${more} more of this kind)`,
  );
}
