import type { TarOddityCode } from '../spec/tar-fault-codes.ts';
import { type Finding, type Place, subjectOf } from './finding.ts';
import { type AnnotationCode, annotationKinds } from './findings/annotation-kinds.ts';
import { type BlobCode, blobKinds } from './findings/blob-kinds.ts';
import { type DocumentCode, documentKinds } from './findings/document-kinds.ts';
import { type EngineFactCode, engineKinds } from './findings/engine-kinds.ts';
import type { FindingKind } from './findings/finding-kind.ts';
import { headerKinds } from './findings/header-kinds.ts';
import { type LayerCode, layerKinds } from './findings/layer-kinds.ts';
import { type RelationCode, relationKinds } from './findings/relation-kinds.ts';
import { type SchemaCode, schemaKinds } from './findings/schema-kinds.ts';
import { type TarCode, tarKinds } from './findings/tar-kinds.ts';

export type FindingCode =
  | BlobCode
  | SchemaCode
  | DocumentCode
  | AnnotationCode
  | RelationCode
  | LayerCode
  | TarCode
  | TarOddityCode
  | EngineFactCode;

/** Every code that `validate` may report, and what there is to say of it: the one table. */
export const findingCodes: Readonly<Record<FindingCode, FindingKind>> = {
  ...blobKinds,
  ...schemaKinds,
  ...documentKinds,
  ...annotationKinds,
  ...relationKinds,
  ...layerKinds,
  ...tarKinds,
  ...headerKinds,
  ...engineKinds,
};

/** A finding of a kind at a place, in a sentence. */
export function finding(code: FindingCode, place: Place, message: string): Finding {
  const { within: _, ...where } = place;
  return { severity: findingCodes[code].severity, code, subject: subjectOf(place), message, ...where };
}
