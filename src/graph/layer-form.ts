import { type LayerForm, lazyFormOf } from '../codec/lazy.ts';
import type { Descriptor } from '../spec/objects.ts';
import { tailOf } from '../stream/tail.ts';
import { storedAs } from './layer-label.ts';
import type { ImageSource } from './source.ts';

/** As many bytes as any footer has. */
const footerSize = 72;

/** How a layer is stored, and how its blob ends. */
interface StoredForm {
  /** Undefined for what no layer is stored as. */
  readonly form: LayerForm | undefined;
  readonly tail: Uint8Array;
}

/** How a layer is stored, by its bytes: those of its beginning, and for the lazy formats those of its end. Reads the blob where it is compressed. */
export async function formOf(source: ImageSource, descriptor: Descriptor): Promise<StoredForm> {
  const compression = await storedAs(source, descriptor);
  if (compression === 'none') return { form: compression, tail: new Uint8Array() };
  if (compression !== 'gzip' && compression !== 'zstd') return { form: undefined, tail: new Uint8Array() };
  const tail = await tailOf(source.open(descriptor), footerSize);
  return { form: lazyFormOf(compression, tail) ?? compression, tail };
}
