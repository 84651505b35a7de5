import { invalid } from '../errors.ts';
import { parseDigest } from './digest.ts';
import type { Json } from './objects.ts';

export type JsonObject = { readonly [key: string]: Json | undefined };

/** What a value is, in a few words for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `${typeof value} ${String(value).slice(0, 64)}`;
}

/** Where a value stands: the document and a JSON pointer. */
export interface At {
  readonly subject: string;
  readonly pointer: string;
}

export function at(place: At, field: string | number): At {
  return {
    subject: place.subject,
    pointer: `${place.pointer}/${String(field).replaceAll('~', '~0').replaceAll('/', '~1')}`,
  };
}

export function wrong(place: At, expected: string, value: unknown): Error {
  return invalid(place.subject, `${expected} at ${place.pointer === '' ? 'the top' : place.pointer}`, shown(value));
}

export function objectAt(value: Json | undefined, place: At): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw wrong(place, 'an object', value);
  return value as JsonObject;
}

export function fieldOf(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

type Check = (value: Json, place: At) => void;

export const string: Check = (value, place) => {
  if (typeof value !== 'string') throw wrong(place, 'a string', value);
};
export const boolean: Check = (value, place) => {
  if (typeof value !== 'boolean') throw wrong(place, 'true or false', value);
};
export const number: Check = (value, place) => {
  if (typeof value !== 'number') throw wrong(place, 'a number', value);
};
export const anyObject: Check = (value, place) => {
  objectAt(value, place);
};
export const size: Check = (value, place) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw wrong(place, 'a size in bytes from 0 to 2^53', value);
};
export const digest: Check = (value, place) => {
  parseDigest(value, `${place.subject}: digest at ${place.pointer}`);
};
export const mediaType: Check = (value, place) => {
  if (
    typeof value !== 'string' ||
    !/^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/.test(value)
  ) {
    throw wrong(place, 'a media type', value);
  }
};

export function arrayOf(check: Check): Check {
  return (value, place) => {
    if (!Array.isArray(value)) throw wrong(place, 'an array', value);
    value.forEach((item: Json, index) => {
      check(item, at(place, index));
    });
  };
}

export function mapOf(check: Check): Check {
  return (value, place) => {
    for (const [name, item] of Object.entries(objectAt(value, place))) check(item as Json, at(place, name));
  };
}

export interface Fields {
  readonly required?: Readonly<Record<string, Check>>;
  /** May also be null, which says the same as absent (image-spec config.md). */
  readonly optional?: Readonly<Record<string, Check>>;
}

/** An object with these fields; fields that are not named are left alone. */
export function shape(fields: Fields): Check {
  return (value, place) => {
    const object = objectAt(value, place);
    for (const [name, check] of Object.entries(fields.required ?? {})) {
      const field = fieldOf(object, name);
      if (field === undefined) throw wrong(at(place, name), 'a value', undefined);
      check(field, at(place, name));
    }
    for (const [name, check] of Object.entries(fields.optional ?? {})) {
      const field = fieldOf(object, name);
      if (field !== undefined && field !== null) check(field, at(place, name));
    }
  };
}
