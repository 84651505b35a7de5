import { withoutNames } from '../spec/name.ts';
import type { Document, Manifest } from '../spec/objects.ts';
import { type ConfigChange, diffFields } from './config-diff.ts';

/**
 * The fields by which two manifests differ, and under `/entry` what the indexes that list them say of them: media type, platform, annotations but those that name
 * the image. What is digest and size there is the manifest's own difference.
 */
export function diffManifests(before: Document<Manifest>, after: Document<Manifest>): ConfigChange[] {
  const view = ({ value, descriptor }: Document<Manifest>): object => {
    const { digest: _digest, size: _size, annotations, ...entry } = withoutNames(descriptor);
    return { ...value, entry: { ...entry, annotations: annotations ?? {} } };
  };
  return diffFields(view(before), view(after));
}
