import { parseLayerRange } from '../image/layer-range.ts';
import { pathLimit } from '../limits.ts';
import { parseAnnotation } from '../spec/annotations.ts';
import { isMediaType } from '../spec/fields.ts';
import { parseIdRange } from '../spec/id-map.ts';
import { parsePlatform } from '../spec/platform.ts';
import { isTime } from '../spec/time.ts';
import { isInnerPath } from '../store/inner-path.ts';
import { checkOperand } from '../store/parse-operand.ts';
import { parseOwner } from './commit-edits.ts';
import { isGivenStream } from './given-bytes.ts';

/** What an option may be: what is expected of it, in words, and whether a value is that. */
export interface Kind {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** What each member of it is, where it may be a list. */
  readonly each?: Kind;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Text that a parser takes. */
export function parsed(expected: string, parse: (text: string) => unknown): Kind {
  return {
    expected,
    accepts(value) {
      try {
        return isText(value) && parse(value) !== undefined;
      } catch {
        return false;
      }
    },
  };
}

/** A list of what `kind` takes. */
export function listOf(kind: Kind): Kind {
  return {
    expected: `a list, each of it ${kind.expected}`,
    // A hole in a list is an undefined member; `every` would leave it out.
    accepts: value => Array.isArray(value) && Array.from(value, kind.accepts).every(Boolean),
    each: kind,
  };
}

/** One of what `kind` takes, or a list of it. */
export function severalOf(kind: Kind): Kind {
  const list = listOf(kind);
  return {
    expected: `${kind.expected}, or a list of it`,
    accepts: value => (Array.isArray(value) ? list.accepts(value) : kind.accepts(value)),
    each: kind,
  };
}

export function oneOf(...words: readonly string[]): Kind {
  return { expected: words.join(' or '), accepts: value => isText(value) && words.includes(value) };
}

export const flag: Kind = { expected: 'true or false', accepts: value => typeof value === 'boolean' };
export const text: Kind = { expected: 'text', accepts: isText };
export const mediaType: Kind = {
  expected: 'a media type, such as application/spdx+json',
  accepts: value => isText(value) && isMediaType(value),
};
export const path: Kind = {
  expected: 'a path',
  accepts: value => isText(value) && value !== '' && !value.includes('\0'),
};
/** What is written: by `-` everybody means a stream, and never a file that is called so. */
export const target: Kind = {
  expected: 'a path',
  accepts: value => path.accepts(value) && value !== '-',
};
export const pathOrBytes: Kind = {
  expected: 'a path or bytes as they come',
  accepts: value => path.accepts(value) || isGivenStream(value),
};
export const glob: Kind = {
  expected: 'a glob',
  accepts: value => isText(value) && value !== '' && value.length <= pathLimit,
};
export const wholeNumber: Kind = { expected: 'a whole number', accepts: Number.isSafeInteger };
const range = (least: number, most: number, expected: string): Kind => ({
  expected,
  accepts: value => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
});
export const count: Kind = range(0, Number.MAX_SAFE_INTEGER, 'a whole number, 0 or more');
export const percent: Kind = range(1, 100, 'a whole number from 1 to 100');
export const platform: Kind = parsed('OS/ARCH[/VARIANT]', parsePlatform);
export const owner: Kind = parsed('UID:GID in numbers', parseOwner);
export const idRange: Kind = parsed('CONTAINER:HOST[:SIZE] in numbers', parseIdRange);
export const layerRange: Kind = parsed('layers as A..B', parseLayerRange);
export const annotation: Kind = parsed('KEY=VALUE', parseAnnotation);
export const time: Kind = {
  expected: 'an RFC 3339 time or a Date',
  accepts: value => (value instanceof Date ? !Number.isNaN(value.getTime()) : isText(value) && isTime(value)),
};
export const hostPlatform: Kind = {
  expected: 'an object with os and architecture',
  accepts: value => isObject(value) && [value['os'], value['architecture']].every(part => isText(part) && part !== ''),
};
export const operand: Kind = {
  expected: 'text or an object with a path',
  accepts(value) {
    try {
      checkOperand(value, 'operand');
      return true;
    } catch {
      return false;
    }
  },
};
export const innerPath: Kind = { expected: 'IMAGE:PATH, or an object with rootfs and path', accepts: isInnerPath };
/** An array of the caller's. */
export const sentences: Kind = {
  expected: 'an array to add to, and not a frozen one',
  accepts: value => Array.isArray(value) && Object.isExtensible(value) && typeof value.push === 'function',
};

const isPath = (value: unknown): boolean => isText(value) && value !== '' && !value.includes('\0');
/** A step of `append`. */
export const step: Kind = {
  expected: 'an object with tar (a path, or bytes), with add and to, or with delete, each a path',
  accepts: value =>
    isObject(value) &&
    ['tar', 'add,to', 'delete'].includes(Object.keys(value).sort().join()) &&
    (Object.values(value).every(isPath) || ('tar' in value && pathOrBytes.accepts(value['tar']))),
};

/** What is told of something. */
export const listener: Kind = {
  expected: 'an array to add to, and not a frozen one, or an object with push',
  accepts: value => sentences.accepts(value) || (isObject(value) && typeof value['push'] === 'function'),
};
/** What else a build writes. */
export const buildOutput: Kind = {
  expected: 'an object with a kind (oci, docker, tar or local), a path, and a name where one is meant',
  accepts: value =>
    isObject(value) &&
    oneOf('oci', 'docker', 'tar', 'local').accepts(value['kind']) &&
    isPath(value['path']) &&
    (value['name'] === undefined || isText(value['name'])) &&
    Object.keys(value).every(key => ['kind', 'path', 'name'].includes(key)),
};

/** A file to attach. */
export const attachedFile: Kind = {
  expected: 'an object with file, a path or bytes as they come, and mediaType where it is known',
  accepts: value =>
    isObject(value) &&
    pathOrBytes.accepts(value['file']) &&
    (value['mediaType'] === undefined || mediaType.accepts(value['mediaType'])) &&
    Object.keys(value).every(key => key === 'file' || key === 'mediaType'),
};

/** What a caller may watch and stop, in every verb. */
export const work: { readonly signal: Kind; readonly progress: Kind } = {
  signal: {
    expected: 'an AbortSignal',
    accepts: value => value instanceof AbortSignal,
  },
  progress: {
    expected: 'an object with a number of bytes that can be written to',
    accepts: value => isObject(value) && typeof value['bytes'] === 'number' && Object.isExtensible(value),
  },
};
