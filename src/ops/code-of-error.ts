import type { OciError } from '../errors.ts';
import type { FindingCode } from '../image/finding-codes.ts';

const brokenCodes = { size: 'size-mismatch', digest: 'digest-mismatch', diffID: 'diffid-mismatch' } as const;

/** The kind of finding that an error is; `otherwise` where it only says that something cannot be read. */
export function codeOf({ code, broken, isTooDeep }: OciError, otherwise: FindingCode = 'damaged'): FindingCode {
  if (code === 'not-found') return 'blob-missing';
  if (code === 'unsupported') return 'unsupported';
  if (broken !== undefined) return brokenCodes[broken];
  if (isTooDeep) return 'index-depth';
  return code === 'invalid' ? otherwise : 'damaged';
}
