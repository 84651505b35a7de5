import { invalid, type OciError } from '../errors.ts';

/** How zlib ended, and after how many compressed bytes at most. */
interface GunzipEnd {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
}

const meanings: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'an end in the middle',
  Z_DATA_ERROR: 'damaged bytes',
};

/** The error for bytes that zlib refuses. */
export function gunzipFailure(subject: string, { offset, code, message }: GunzipEnd): OciError {
  const meaning = `${meanings[code] ?? 'damaged bytes'} (${message})`;
  return invalid(subject, 'a gzip stream', `${meaning} before offset ${offset}`);
}

/** Throws for a stream of no bytes, and where something but zeros follows its end. */
export function checkGunzipEnd(subject: string, { offset, followed }: { offset: number; followed: boolean }): void {
  if (offset === 0) throw invalid(subject, 'a gzip stream', 'no bytes');
  if (followed) throw invalid(subject, 'a gzip stream', `something after its end before offset ${offset}`);
}
