/** The files that declare the types of results, from the root of the package. */
export const shapeSources: readonly string[] = [
  'src/ops/results.ts',
  'src/ops/layer-results.ts',
  'src/ops/change-results.ts',
  'src/ops/look-results.ts',
  'src/ops/package-results.ts',
  'src/ops/analyze-results.ts',
  'src/ops/attach-results.ts',
  'src/ops/build-options.ts',
  'src/ops/run-options.ts',
  'src/image/finding.ts',
  'src/image/merge.ts',
  'src/image/inspect.ts',
  'src/tree/change.ts',
  'src/tree/story.ts',
  'src/spec/objects.ts',
  'src/spec/digest.ts',
];
