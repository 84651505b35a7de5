import type { FindingKind } from './finding-kind.ts';

export type SchemaCode =
  | 'schema-required'
  | 'schema-type'
  | 'schema-const'
  | 'schema-enum'
  | 'schema-pattern'
  | 'schema-not'
  | 'schema-minLength'
  | 'schema-maxLength'
  | 'schema-minimum'
  | 'schema-maximum';

const fromJson = (means: string): FindingKind => ({
  severity: 'error',
  means,
  section: 'schemas/ of this package; image-spec manifest.md, image-index.md, config.md, descriptor.md',
  remedy:
    'Have the tool that wrote the document write it rightly, or edit it: `ocikit config` for a config, `ocikit fix` for what follows from the blobs.',
});

/** What a document breaks of its JSON schema: a code for each keyword of the schemas. */
export const schemaKinds: Readonly<Record<SchemaCode, FindingKind>> = {
  'schema-required': fromJson('A field that has to be there is not.'),
  'schema-type': fromJson('A field is of another JSON type than it has to be.'),
  'schema-const': fromJson('A field has another value than the one that it may have (`schemaVersion` 2).'),
  'schema-enum': fromJson('A field has none of the values that it may have.'),
  'schema-pattern': fromJson('A text is not of the form that it has to be: a digest, a media type, a time.'),
  'schema-not': {
    ...fromJson(
      'A document has the fields of two kinds, `manifests` beside `layers` or `config`: programs disagree about what it is, and one may check what another runs (CVE-2021-41190).',
    ),
    section: 'image-spec manifest.md and image-index.md, "mediaType"; GHSA-77vh-xpmg-72qh',
    remedy: 'Do not use it. No tool writes such a document by mistake.',
  },
  'schema-minLength': fromJson('A text is empty that must not be.'),
  'schema-maxLength': fromJson('A text is longer than it may be: a media type of 255 characters, a digest of 512.'),
  'schema-minimum': fromJson('A number is below the least that it may be: a size is not negative.'),
  'schema-maximum': fromJson('A number is above the most that it may be: beyond 2^53 programs read different numbers.'),
};
