import assert from 'node:assert/strict';
import { OciError } from '../errors.ts';
import { validate } from '../ops/validate.ts';
import type { ImageOperand } from '../store/parse-operand.ts';

/** Holds that nothing is wrong with a layout, an archive or an image. */
export async function isValid(place: ImageOperand): Promise<void> {
  assert.deepEqual((await validate(place)).findings, []);
}

/** The same of a place with a tar of somebody else's, kept byte for byte: what is wrong with that is his. */
export async function isWhole(place: ImageOperand): Promise<void> {
  const { findings } = await validate(place);
  assert.deepEqual(
    findings.filter(({ code }) => !code.startsWith('tar-')),
    [],
  );
}

/** Holds that an error is one that ocikit raises on purpose, with this message and code. */
export function refusal(pattern: RegExp, code?: OciError['code']): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof OciError, String((error as Error).stack));
    assert.match(error.message, pattern);
    if (code !== undefined) assert.equal(error.code, code);
    return true;
  };
}
