import { invalid } from '../errors.ts';
import { parseDigest } from './digest.ts';
import type { Json } from './objects.ts';

const maxName = 64;
const maxText = 64;
const mediaTypeName = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
const commonDigest = /^sha256:[a-f0-9]{64}$/;

export type JsonObject = { readonly [key: string]: Json | undefined };

/** What a value is, in a few words for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `${typeof value} ${String(value).slice(0, maxText)}`;
}

/** Where a value stands: a field of what stands around it, up to the document. Put into words only where something is wrong. */
export interface At {
  readonly subject: string;
  readonly around?: At;
  readonly field?: string | number;
}

export function at(around: At, field: string | number): At {
  return { subject: around.subject, around, field };
}

/** The JSON pointer (RFC 6901) of a place, names cut short. */
function pointerOf(place: At): string {
  const steps: string[] = [];
  for (let step: At | undefined = place; step?.field !== undefined; step = step.around) {
    steps.unshift(`/${String(step.field).slice(0, maxName).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
  return steps.join('');
}

export function wrong(place: At, expected: string, value: unknown): Error {
  const pointer = pointerOf(place);
  return invalid(place.subject, `${expected} at ${pointer === '' ? 'the top' : pointer}`, shown(value));
}

export function objectAt(value: Json | undefined, place: At): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw wrong(place, 'an object', value);
  return value as JsonObject;
}

export function fieldOf(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

export type Check = (value: Json, place: At) => void;

export const string: Check = (value, place) => {
  if (typeof value !== 'string') throw wrong(place, 'a string', value);
};
export const boolean: Check = (value, place) => {
  if (typeof value !== 'boolean') throw wrong(place, 'true or false', value);
};
export const wholeNumber: Check = (value, place) => {
  if (!Number.isInteger(value)) throw wrong(place, 'a whole number', value);
};
/** An object, or null as Go takes it: one that is empty. */
export const objectOrNull: Check = (value, place) => {
  if (value !== null) objectAt(value, place);
};
export const size: Check = (value, place) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw wrong(place, 'a size in bytes from 0 to 2^53', value);
};
export const digest: Check = (value, place) => {
  if (typeof value !== 'string' || !commonDigest.test(value))
    parseDigest(value, `${place.subject}: digest at ${pointerOf(place)}`);
};
/** Whether text is a media type (RFC 6838, section 4.2). */
export const isMediaType = (text: string): boolean => mediaTypeName.test(text);

export const mediaType: Check = (value, place) => {
  if (typeof value !== 'string' || !mediaTypeName.test(value)) throw wrong(place, 'a media type', value);
};

export function arrayOf(check: Check): Check {
  return (value, place) => {
    if (!Array.isArray(value)) throw wrong(place, 'an array', value);
    value.forEach((item: Json, index) => {
      check(item, at(place, index));
    });
  };
}

/** A list that may also be null, which is how Go writes an empty one. */
export function listOf(check: Check): Check {
  const list = arrayOf(check);
  return (value, place) => {
    if (value !== null) list(value, place);
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
