import fc from 'fast-check';

/*
 * Loaded before each test file that `npm test` runs: random laws try the same inputs every time, so that what fails was caused by
 * the change at hand. `OCIKIT_SEED` is another seed, or `random`; a test file run by itself has a random one.
 */

const said = process.env['OCIKIT_SEED'] ?? '20261127';
if (said !== 'random') {
  const seed = Number(said);
  if (!Number.isInteger(seed)) throw new Error(`OCIKIT_SEED: expected a whole number or "random", got "${said}"`);
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
}
