import { decodeBase64 } from '../spec/base64.ts';
import { digestOf } from '../spec/digest.ts';
import type { Descriptor } from '../spec/objects.ts';
import { at, type Finding, type Place } from './finding.ts';
import { finding } from './finding-codes.ts';

/** Whether a descriptor's embedded data is base64 (RFC 4648 §4) and has its size and digest (descriptor.md). */
export function checkData(descriptor: Descriptor, place: Place): Finding[] {
  const { data } = descriptor;
  if (data === undefined || data === null) return [];
  const got = mismatchOf(data, descriptor);
  return got === undefined ? [] : [finding('data-mismatch', at(place, '/data'), got)];
}

function mismatchOf(data: string, descriptor: Descriptor): string | undefined {
  const bytes = decodeBase64(data);
  if (bytes === undefined) return 'expected base64, got something else';
  if (bytes.length !== descriptor.size) return `expected ${descriptor.size} bytes, got ${bytes.length}`;
  const algorithm = descriptor.digest.split(':', 1)[0];
  // Of other algorithms only the size is known here.
  if (algorithm !== 'sha256' && algorithm !== 'sha512') return undefined;
  const digest = digestOf(bytes, algorithm);
  return digest === descriptor.digest ? undefined : `expected ${descriptor.digest}, got ${digest}`;
}
