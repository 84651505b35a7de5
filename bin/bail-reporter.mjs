/** Ends the process at the first test that fails. */
export default async function* bail(source) {
  for await (const { type, data } of source) {
    if (type === 'test:fail' && data.todo === undefined) {
      if (process.env.MUTANT_SHOW !== undefined)
        console.error(data.name, data.details?.error?.cause ?? data.details?.error);
      process.exit(1);
    }
    yield '';
  }
}
