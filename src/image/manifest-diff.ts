import { annotationKeys } from '../spec/annotations.ts';
import type { Document, Manifest } from '../spec/objects.ts';
import { type ConfigChange, diffFields } from './config-diff.ts';

const naming: readonly string[] = [annotationKeys.refName, annotationKeys.containerdName, annotationKeys.formerName];

/**
 * The fields by which two manifests differ, and under `/entry` what the indexes that list them say of them: media type, platform, annotations but those that name
 * the image. What is digest and size there is the manifest's own difference.
 */
export function diffManifests(before: Document<Manifest>, after: Document<Manifest>): ConfigChange[] {
  const view = ({ value, descriptor }: Document<Manifest>): object => {
    const { digest: _digest, size: _size, annotations, ...entry } = descriptor;
    const others = Object.entries(annotations ?? {}).filter(([key]) => !naming.includes(key));
    return { ...value, entry: { ...entry, annotations: Object.fromEntries(others) } };
  };
  return diffFields(view(before), view(after));
}
