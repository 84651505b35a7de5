import { badOption } from '../errors.ts';
import { withDocuments } from '../image/edit-image.ts';
import { hasText, redactHistory } from '../image/redact.ts';
import type { Image } from '../spec/objects.ts';

/** Texts that are to go from the history. Throws `usage` for one that is empty. */
export function checkRedact(texts: readonly string[] = []): void {
  if (texts.includes('')) throw badOption('redact', 'expected a text, got an empty one');
}

/** An image without some texts in its history, and where else they are: the texts themselves are never said. */
export function redacted(
  image: Image,
  texts: readonly string[] = [],
): { readonly image: Image; readonly warnings: readonly string[] } {
  const { value } = image.config;
  const config = redactHistory(value, texts);
  const isIn = (object: unknown): boolean => texts.some(text => hasText(object, text));
  const missing = texts.some(text => !hasText(value.history, text));
  return {
    image: config === value ? image : withDocuments(image, config, image.manifest.value),
    warnings: [
      ...(missing ? ['a text that was to be redacted is in no line of history'] : []),
      ...(isIn({ ...config, history: [] }) ? ['a text that was redacted is in the config as well'] : []),
      ...(isIn(image.manifest.value) ? ['a text that was redacted is in the manifest as well'] : []),
    ],
  };
}
