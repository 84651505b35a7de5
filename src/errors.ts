/** What kind of answer an error is: how a caller may react, and nothing finer. */
export type ErrorCode = 'usage' | 'not-found' | 'invalid' | 'unsupported' | 'conflict';

/** Every error that ocikit raises on purpose. `message` reads `subject: expected X, got Y`; `hint` says what a person can do. */
export class OciError extends Error {
  override readonly name = 'OciError';
  readonly code: ErrorCode;
  readonly subject: string;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, subject: string, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(`${subject}: ${message}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.subject = subject;
    this.hint = options.hint;
  }
}

/** The commonest sentence: bytes or values that are not what their format asks for. */
export function invalid(subject: string, expected: string, got: string): OciError {
  return new OciError('invalid', subject, `expected ${expected}, got ${got}`);
}

/** A thing that was named and is not there. */
export function notFound(subject: string, expected: string, hint?: string): OciError {
  return new OciError('not-found', subject, `expected ${expected}, got nothing`, hint === undefined ? {} : { hint });
}

/** A value or a form that ocikit knows of and does not take. */
export function unsupported(subject: string, expected: string, got: string, hint?: string): OciError {
  return new OciError('unsupported', subject, `expected ${expected}, got ${got}`, hint === undefined ? {} : { hint });
}

/** Options or arguments that cannot be meant. */
export function usage(subject: string, message: string, hint?: string): OciError {
  return new OciError('usage', subject, message, hint === undefined ? {} : { hint });
}

/** What has to stay as it is while it is read, and did not. */
export function changed(subject: string, what = 'a file'): OciError {
  return new OciError(
    'conflict',
    subject,
    `expected ${what} that stays as it is, got one that changed while it was read`,
  );
}
