import type { FindingKind } from './finding-kind.ts';

export type AnnotationCode =
  | 'annotation-created'
  | 'annotation-url'
  | 'annotation-licenses'
  | 'annotation-digest'
  | 'annotation-reference'
  | 'annotation-reserved'
  | 'annotation-deprecated';

const keys = 'image-spec annotations.md, "Pre-Defined Annotation Keys"';
const again =
  'Write it anew: `ocikit config --annotation KEY=VALUE` on the image, `ocikit config -c "LABEL KEY=VALUE"` in its config.';

/** What may be wrong with annotations, and with labels of the same keys. */
export const annotationKinds: Readonly<Record<AnnotationCode, FindingKind>> = {
  'annotation-created': {
    severity: 'warning',
    means:
      '`org.opencontainers.image.created` is no time as RFC 3339 has it: who sorts or cleans by it does not find it.',
    section: `${keys}; RFC 3339, section 5.6`,
    remedy: again,
  },
  'annotation-url': {
    severity: 'note',
    means: '`org.opencontainers.image.url`, `source` or `documentation` is no URL: nobody can follow it.',
    section: keys,
    remedy: again,
  },
  'annotation-licenses': {
    severity: 'note',
    means:
      '`org.opencontainers.image.licenses` is not an expression of licences as SPDX has it, such as `MIT OR Apache-2.0`.',
    section: `${keys}; SPDX 2.3, annex D`,
    remedy: again,
  },
  'annotation-digest': {
    severity: 'warning',
    means: '`org.opencontainers.image.base.digest` is no digest: what the image was made on cannot be found by it.',
    section: keys,
    remedy: again,
  },
  'annotation-reference': {
    severity: 'note',
    means: '`org.opencontainers.image.base.name` is not the name of an image as registries have them.',
    section: keys,
    remedy: again,
  },
  'annotation-reserved': {
    severity: 'note',
    means:
      'A key begins with `org.opencontainers.` and is none that a specification of OCI defines: often one that is misspelt.',
    section: 'image-spec annotations.md, "Rules"',
    remedy: 'Write the key as the specification does, or under a domain of your own.',
  },
  'annotation-deprecated': {
    severity: 'note',
    means: 'Keys of Label Schema (`org.label-schema.…`), whose place those of `org.opencontainers.image.…` have taken.',
    section: 'image-spec annotations.md, "Back-compatibility with Label Schema"',
    remedy: 'Add the key of `org.opencontainers.image.…` that means the same: programs read both.',
  },
};
