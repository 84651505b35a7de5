/** What kind of answer an error is: how a caller may react, and nothing finer. */
export type ErrorCode = 'usage' | 'not-found' | 'invalid' | 'unsupported' | 'conflict';

/** What a descriptor or a config promises of a blob, and its bytes are not. */
type Promised = 'size' | 'digest' | 'diffID';

/** Every error that ocikit raises on purpose. `message` reads `subject: expected X, got Y`; `hint` says what a person can do. */
export class OciError extends Error {
  override readonly name = 'OciError';
  readonly code: ErrorCode;
  readonly subject: string;
  readonly hint: string | undefined;
  /** The option that is wrong, by its library name, where the subject begins with one: a command line spells it its own way. */
  readonly option: string | undefined;
  /** Which promise a blob breaks, where the error is about that. */
  readonly broken: Promised | undefined;
  /** Whether it is about documents that lie within each other deeper than is followed. */
  readonly isTooDeep: boolean;
  /** The lines of a text that it is about, where it is about some. */
  readonly excerpt: string | undefined;

  // biome-ignore lint/complexity/useMaxParams: three values, then the options
  constructor(
    code: ErrorCode,
    subject: string,
    message: string,
    options: {
      cause?: unknown;
      hint?: string | undefined;
      option?: string | undefined;
      broken?: Promised | undefined;
      isTooDeep?: boolean;
      excerpt?: string | undefined;
    } = {},
  ) {
    super(`${subject}: ${message}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.subject = subject;
    this.hint = options.hint;
    this.option = options.option;
    this.broken = options.broken;
    this.isTooDeep = options.isTooDeep === true;
    this.excerpt = options.excerpt;
  }
}

/** An error about a place that nobody has named, said of the one that it is for; any other error as it is. */
export function calledSo(error: unknown, place: string, name: string): unknown {
  if (!(error instanceof OciError) || error.constructor !== OciError || !error.subject.startsWith(place)) return error;
  const { code, subject, message } = error;
  return new OciError(code, name + subject.slice(place.length), message.slice(subject.length + 2), error);
}

/** Words in a sentence, the first `most` where they are many: `a, b and 3 more`. */
export function listWords(words: readonly string[], most: number): string {
  return `${words.slice(0, most).join(', ')}${words.length > most ? ` and ${words.length - most} more` : ''}`;
}

/** How much of a caller's text a message shows. */
const maxShown = 60;

/** What an object is called that is no list: its class, or its keys where it has none of its own. */
function objectOf(value: object): string {
  const { name } = Object.getPrototypeOf(value)?.constructor ?? Object;
  if (name !== 'Object') return `an object (${name})`;
  const keys = Object.keys(value);
  return keys.length === 0 ? 'an empty object' : `an object with ${listWords(keys, 4)}`;
}

/** What a caller gave, in a sentence. */
export function gotOf(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, maxShown)}'`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'a Date that is no time' : 'a Date';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list with ${gotOf(value[0])}`;
  if (typeof value === 'object' && value !== null) return objectOf(value);
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value);
}

/** How a grammar says that a text is wrong; `word` is the part of the text that it is about. The caller knows where the text stands. */
export type Fail = (message: string, word?: string) => Error;

/** The commonest sentence: bytes or values that are not what their format asks for. */
export function invalid(subject: string, expected: string, got: string): OciError {
  return new OciError('invalid', subject, `expected ${expected}, got ${got}`);
}

/** The same of a blob's bytes that are not what was promised of them. */
export function broken(
  promised: Promised,
  subject: string,
  { expected, got }: { readonly expected: string; readonly got: string },
): OciError {
  return new OciError('invalid', subject, `expected ${expected}, got ${got}`, { broken: promised });
}

/** A thing that was named and is not there. */
export function notFound(subject: string, expected: string, hint?: string): OciError {
  return new OciError('not-found', subject, `expected ${expected}, got nothing`, hint === undefined ? {} : { hint });
}

/** A value or a form that ocikit knows of and does not take. */
// biome-ignore lint/complexity/useMaxParams: three values, then the options
export function unsupported(subject: string, expected: string, got: string, options: { hint?: string } = {}): OciError {
  return new OciError('unsupported', subject, `expected ${expected}, got ${got}`, options);
}

/** Options or arguments that cannot be meant. */
export function usage(subject: string, message: string, hint?: string): OciError {
  return new OciError('usage', subject, message, hint === undefined ? {} : { hint });
}

/** What has to stay as it is while it is read, and did not. */
export function changed(subject: string, what = 'a file', done: 'read' | 'written' = 'read'): OciError {
  return new OciError(
    'conflict',
    subject,
    `expected ${what} that stays as it is, got one that changed while it was ${done}`,
  );
}

/**
 * An option that is wrong. `subject` begins with its library name (`filters until`); where the message or the hint speaks of
 * another, it says `option NAME`, and a command line spells that its own way.
 */
export function badOption(
  subject: string,
  message: string,
  { code = 'usage', ...more }: { readonly code?: ErrorCode; readonly hint?: string } = {},
): OciError {
  return new OciError(code, subject, message, { ...more, option: subject.split(' ', 1)[0] as string });
}

/** What the operating system's codes mean. */
const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBADF: 'a descriptor that is not open for it',
  EBUSY: 'something that is in use',
  EDQUOT: 'a disk quota that is used up',
  EEXIST: 'something that is there already',
  EFBIG: 'a file size limit',
  EIO: 'an input/output error',
  EISDIR: 'a directory',
  ELOOP: 'symbolic links that go round in a circle',
  EMFILE: 'too many open files',
  EMLINK: 'as many hardlinks of one file as the file system takes',
  ENAMETOOLONG: 'a name that is too long',
  ENFILE: 'too many open files',
  ENOENT: 'nothing',
  ENOSPC: 'no space left on the device',
  ENOTEMPTY: 'a directory that is not empty',
  ENOTDIR: 'a file where a directory should be',
  ENXIO: 'something that is no regular file',
  EPERM: 'operation not permitted',
  EPIPE: 'a pipe that nobody reads',
  EROFS: 'a read-only file system',
  ETXTBSY: 'something that is in use',
  EXDEV: 'another file system',
};

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  EISDIR: 'invalid',
  ELOOP: 'invalid',
  ENAMETOOLONG: 'invalid',
  ENOTDIR: 'invalid',
  ENXIO: 'invalid',
};

/** The code of an error that the operating system gave (`ENOENT`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** An error of the operating system as an OciError with subject and expectation; any other value as it is. */
export function systemError(error: unknown, subject: string, expected: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const got = Object.hasOwn(words, code) ? `${words[code]} (${code})` : code;
  return new OciError(codes[code] ?? 'conflict', subject, `expected ${expected}, got ${got}`, { cause: error });
}
