import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaKinds } from '../image/findings/schema-kinds.ts';
import { schemas } from './schemas.ts';

/** Keywords that can say no of a value by themselves. */
const saying =
  /^(?:type|enum|const|not|pattern|required|(?:min|max)(?:imum|Length|Items|Properties|Contains)|exclusive(?:Min|Max)imum|multipleOf|uniqueItems|dependentRequired|contains|oneOf)$/;

function keywordsIn(schema: unknown, isNames = false): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, inner]) => [
    ...(isNames || Array.isArray(schema) ? [] : [name]),
    ...keywordsIn(inner, !isNames && ['properties', '$defs'].includes(name)),
  ]);
}

test('whatever a schema of an image says no with is a finding that has its code', () => {
  const { rules: _, ...documents } = schemas as Readonly<Record<string, unknown>>;
  const used = new Set(
    Object.values(documents)
      .flatMap(schema => keywordsIn(schema))
      .filter(name => saying.test(name)),
  );
  assert.ok(used.has('maxLength') && used.has('required'));
  assert.deepEqual(
    [...used].filter(name => !Object.hasOwn(schemaKinds, `schema-${name}`)),
    [],
  );
});
