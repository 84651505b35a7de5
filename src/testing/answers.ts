import assert from 'node:assert/strict';
import { DockerfileError } from '../dockerfile/dockerfile-error.ts';
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

/** Holds that an error is one of those, and where docker, which `said` this of a Dockerfile, names a line, of that line. */
export function refusalAt(said: string): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof OciError, `${said}: ${String(error)}`);
    const [, line] = /\bline (\d+)/.exec(said) ?? [];
    const own = error instanceof DockerfileError ? error.place.lines[0] : /:(\d+)$/.exec(error.subject)?.[1];
    if (line !== undefined) assert.equal(String(own), line, said);
    return true;
  };
}
