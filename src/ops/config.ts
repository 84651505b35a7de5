import { annotateIndex, annotateManifest, isAnnotationWord } from '../image/annotate.ts';
import { editFields } from '../image/config-fields.ts';
import { withDocuments } from '../image/edit-image.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { timeOf } from './change-edit.ts';
import { type ChangedPart, type ChangePart, changeImage } from './change-image.ts';
import { checkCall } from './check-call.ts';
import type { ConfigOptions } from './options.ts';
import { checkRedact, redacted } from './redacted.ts';
import type { ChangeResult } from './results.ts';

/** What was changed, as a line of history says it where nobody says otherwise. */
function lineOf({ unset = [], set = [], instructions = [], redact = [] }: ConfigOptions): string {
  const words = [...unset.map(word => `unset ${word}`), ...set.map(word => `set ${word}`), ...instructions];
  return [...words, ...(redact.length === 0 ? [] : ['redact history'])].join('; ');
}

function edited(part: ChangePart, options: ConfigOptions): ChangedPart<object> {
  const { unset = [], set, layerAnnotations } = options;
  const { image, warnings } = redacted(part.image, options.redact);
  const config = editFields(image.config.value, { unset: unset.filter(word => !isAnnotationWord(word)), set });
  const manifest = annotateManifest(image.manifest.value, { unset, layers: layerAnnotations });
  const line = { line: lineOf(options), author: options.historyAuthor, created: timeOf(options.historyCreated) };
  return {
    image: withDocuments(image, config, manifest),
    history: options.noHistory === true ? 'own' : line,
    details: {},
    warnings,
  };
}

/**
 * Edits what an image says of itself: its config (image-spec config.md, and docker's fields), and annotations of its manifest,
 * its layers and the index above. Fields are unset, then set, then `instructions` are applied by docker's rules; the history
 * gets one line where the config has changed. Layers are not read. Whatever is not edited keeps its bytes, and setting what is
 * set already changes nothing. Throws `usage` for what cannot be meant, `invalid` for what image-spec forbids.
 */
export async function config(image: ImageOperand, options: ConfigOptions = {}): Promise<ChangeResult> {
  checkCall('config', { image: ['operand', image] }, options);
  checkRedact(options.redact);
  const { unset = [], indexAnnotations = [], now, ...others } = options;
  const isOfIndex = indexAnnotations.length > 0 || unset.some(word => word.split(':', 1)[0] === 'index-annotation');
  // A time that is to go does not come back.
  const time = now === undefined || unset.includes('created') ? {} : { now };
  return changeImage(
    image,
    { ...others, ...time },
    {
      keepsFiles: true,
      change: async part => edited(part, options),
      ...(isOfIndex
        ? { index: index => annotateIndex(index, { unset, index: indexAnnotations }), needsIndex: true }
        : {}),
    },
  );
}
