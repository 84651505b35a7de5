/** The files that declare the types of results, from the root of the package. */
export const shapeSources: readonly string[] = [
  'src/ops/results.ts',
  'src/image/finding.ts',
  'src/tree/change.ts',
  'src/spec/objects.ts',
];
