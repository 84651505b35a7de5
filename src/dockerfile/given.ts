import { badOption, gotOf, OciError, usage } from '../errors.ts';
import type { Json } from '../spec/objects.ts';
import { parseConfig } from '../spec/parse.ts';
import { isKnownPlatform } from '../spec/platform.ts';

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isConfig(value: unknown): boolean {
  try {
    return parseConfig(value as Json, 'config') !== undefined;
  } catch {
    return false;
  }
}

interface Part {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

const parts: Readonly<Record<string, Part>> = {
  file: { expected: 'text', accepts: isText },
  arguments: {
    expected: 'an object of texts',
    accepts: value => isObject(value) && Object.values(value).every(isText),
  },
  platform: {
    expected: 'an object with os and architecture',
    accepts: value =>
      isObject(value) &&
      'os' in value &&
      'architecture' in value &&
      isText(value.os) &&
      isText(value.architecture) &&
      isKnownPlatform({ os: value.os, architecture: value.architecture }),
  },
  images: {
    expected: 'a Map of image configs by their full names',
    accepts: value => value instanceof Map && [...value].every(([name, config]) => isText(name) && isConfig(config)),
  },
  ignored: { expected: 'a function', accepts: value => typeof value === 'function' },
};

function checkParts(options: unknown, text: unknown): void {
  if (!isText(text)) throw usage('text', `expected text, got ${gotOf(text)}`);
  if (!isObject(options)) throw usage('options', `expected an object, got ${gotOf(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (part === undefined)
      throw badOption(name, `expected ${Object.keys(parts).join(', ')}, got an option of another name`);
    if (value !== undefined && !part.accepts(value))
      throw badOption(name, `expected ${part.expected}, got ${gotOf(value)}`);
  }
}

/** Holds what a caller gave to what a Dockerfile is read with. Throws `usage`, also for what throws when it is looked at. */
export function checkGiven(options: unknown, text: unknown): void {
  try {
    checkParts(options, text);
  } catch (error) {
    if (error instanceof OciError) throw error;
    throw new OciError('usage', 'Dockerfile', 'expected arguments that can be looked at, got one that throws', {
      cause: error,
    });
  }
}
