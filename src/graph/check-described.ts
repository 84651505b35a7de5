import type { Descriptor } from '../spec/objects.ts';
import { drain } from '../stream/drain.ts';
import type { ImageSource } from './source.ts';

/** Holds that a descriptor which another document is to carry says the truth of its blob, where that is there. Throws `invalid`. */
export async function checkDescribed(source: ImageSource, descriptor: Descriptor): Promise<void> {
  if (await source.has(descriptor)) await drain(source.open(descriptor));
}
